package messenger

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
)

// A port that is closed, one that is filtered and one that is silent are told in the same
// words. The author of an object, who may name any host, need not know which of them it is;
// the operator's log and the code tell that.
const (
	whatTimeout     = "connections to {service} are refused, or it did not answer in time"
	whatFailed      = "connections to {service} cannot be made"
	whatLost        = "the connection to {service} ended before it had answered"
	whatUnavailable = "{service} is not available now, or what is in front of it is not"
	whatTooLarge    = "{service} sent an answer that is larger than is read"
	whatPaused      = "{service} has asked for fewer calls, and is given time"
	whatNotService  = "what answers as {service} is something else, such as a proxy, a firewall or a page to log in"

	adviceNetwork = "Check its host and port, that it runs, and that proxies, firewalls and network policies let the operator through"
)

// AdviceAddress is what to do where something else than the service answers.
const AdviceAddress = "Check the address that is configured for it, and what is in front of it"

// cause is why there was no answer. The first that an error has is told.
type cause struct {
	is                 func(error) bool
	code, what, advice string
}

var causes = []cause{
	{
		isProxy, "proxy_failed", "the HTTP proxy that the operator's environment names does not lead to {service}",
		"Check that the proxy runs and lets such connections through, or name the host in NO_PROXY",
	},
	{isTimeout, "timeout", whatTimeout, adviceNetwork},
	{has[*net.DNSError], "unknown_host", "the host of {service} is unknown", "Check the host name and the cluster's DNS"},
	{func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }, "connection_refused", whatTimeout, adviceNetwork},
	{
		has[x509.UnknownAuthorityError], codeTLS, "the certificate of {service} is signed by an authority that is not trusted here",
		"Let the operator trust that authority, or look for a proxy in between that shows a certificate of its own",
	},
	{
		has[x509.HostnameError], codeTLS, "the certificate of {service} is for other host names",
		"Check the host, and what answers there",
	},
	{
		isOutOfDate, codeTLS, "the certificate of {service} has expired, or is not valid yet",
		"Renew it, or compare the clocks of both machines",
	},
	{
		has[*tls.CertificateVerificationError], codeTLS, "the certificate of {service} is not one for servers that can be trusted",
		"Check the certificate",
	},
	{
		isNotTLS, codeTLS, "what answers as {service} does not speak TLS",
		"Check the port, and whether the address has to begin with http",
	},
	{has[tls.AlertError], codeTLS, "{service} refuses a connection with TLS 1.2 or newer", "Check the TLS settings of the server"},
}

// codeTLS is the code of a connection that cannot be made secure.
const codeTLS = "tls_failed"

func has[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func isTimeout(err error) bool {
	netErr, ok := errors.AsType[net.Error](err)
	return ok && netErr.Timeout() || errors.Is(err, os.ErrDeadlineExceeded)
}

func isOutOfDate(err error) bool {
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok && invalid.Reason == x509.Expired
}

func isNotTLS(err error) bool {
	return has[tls.RecordHeaderError](err) || errors.Is(err, http.ErrSchemeMismatch)
}

func isProxy(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "proxyconnect" || has[dialguard.ProxyError](err)
}

// NotTheService is the failure of a call that something else than the service has answered,
// by a status that is no success, and without a code of the service.
func NotTheService(call string, status int) *Error {
	e := &Error{
		Class: Transient, Call: call, Code: statusCode(status),
		What: fmt.Sprintf("%s (HTTP status %d)", whatNotService, status), Advice: AdviceAddress,
	}
	if status >= http.StatusMultipleChoices && status < http.StatusBadRequest {
		e.What = fmt.Sprintf("{service} answered with a redirect, which is not followed, as it would give the token away (HTTP status %d)", status)
	}
	return e
}

// BadResponse is a success that is not what the service promises. The call may
// well have taken effect.
func BadResponse(call string) *Error {
	return &Error{Class: Transient, Call: call, Code: "bad_response", What: whatNotService, Advice: AdviceAddress, Unclear: true}
}

// statusCode is the code of an answer that has none but its HTTP status.
func statusCode(status int) string { return fmt.Sprintf("http_%d", status) }
