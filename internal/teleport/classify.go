package teleport

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
)

// remote is the server that an error came from.
type remote struct {
	address string
	id      *Identity
	// answers is what kind of server does at the address, and what names it if it is not Teleport.
	answers kind
	what    string
}

// classify says what err, from the Teleport client, means for a platform
// engineer. It returns nil for nil.
func classify(err error, p remote) *Error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	detail := detailOf(err)
	failure := NewError(detail, p.explain(detail, err))
	failure.cause = err
	return failure
}

// codeOf returns the gRPC status code of err, which the API module turns into
// the types of the trace package for answers, and leaves as it is when a stream
// cannot be opened.
func codeOf(err error) codes.Code {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return codes.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return codes.Canceled
	case trace.IsAccessDenied(err):
		return codes.PermissionDenied
	case trace.IsConnectionProblem(err):
		return codes.Unavailable
	case trace.IsCompareFailed(err):
		return codes.FailedPrecondition
	case trace.IsNotFound(err):
		return codes.NotFound
	case trace.IsAlreadyExists(err):
		return codes.AlreadyExists
	case trace.IsLimitExceeded(err):
		return codes.ResourceExhausted
	case trace.IsBadParameter(err):
		return codes.InvalidArgument
	case trace.IsNotImplemented(err):
		return codes.Unimplemented
	default:
		return status.Code(err)
	}
}

func detailOf(err error) string {
	if _, refused := errors.AsType[dialguard.AddressError](err); refused {
		return AddressRefused
	}
	if errors.Is(err, errTooMany) {
		return LimitExceeded
	}
	if strings.Contains(err.Error(), wayPrefix) {
		return dialDetail(err.Error())
	}
	switch codeOf(err) {
	case codes.PermissionDenied:
		return PermissionDenied
	case codes.DeadlineExceeded:
		return Timeout
	case codes.Unavailable:
		return dialDetail(err.Error())
	case codes.Canceled, codes.Aborted, codes.ResourceExhausted:
		return Unavailable
	default:
		return Internal
	}
}

// wayPrefix starts what client.New says about each way of dialling that it
// tried.
const wayPrefix = "failed to connect to addr "

// What an address is taken for in the parts about each way.
const (
	authWay   = " as an auth server"
	proxyWay  = " as a web proxy"
	tunnelWay = " as a reverse tunnel proxy"
)

// dialSigns tell why dialling failed, the most telling first. They are texts
// because gRPC keeps nothing else of such an error. An identity that is not valid
// by the clock of this machine is never dialled with; a server that says so has
// another clock. Its alert is the same for what is not valid yet.
var dialSigns = []sign{
	{detail: HTTPProxyFailed, texts: []string{outboundProxy}},
	{detail: ClockSkew, texts: []string{"remote error: tls: expired certificate", " is before ", "cert is not yet valid"}},
	{detail: ServerExpired, texts: []string{"certificate has expired", "cert has expired"}},
	{detail: HostNotFound, texts: []string{
		"no such host",
		"no suitable address", // of names that are never looked up in the DNS
	}},
	{detail: NotTeleport, texts: []string{
		"first record does not look like a TLS handshake",
		"server gave HTTP response to HTTPS client",
		"looking for beginning of value", // the Proxy's discovery answer is not JSON
		noDiscovery,
	}},
	{detail: ConnectionRefused, texts: []string{"connection refused"}},
	{detail: IdentityOtherCluster, texts: append([]string{
		"certificate signed by unknown authority",
		"unknown certificate",
		"tls: bad certificate",
	}, sshRefusals...), ofAuth: []string{ // its certificate lacks the name that every Auth's has
		"certificate is valid for",
		"certificate is not valid for any names",
		"cannot validate certificate for",
	}},
	{detail: Timeout, texts: []string{"deadline exceeded", "i/o timeout"}},
}

// sshRefusals are those of a server and a client of SSH that do not trust each other.
var sshRefusals = []string{"ssh: unable to authenticate", "ssh: no authorities for hostname"}

// sign is what texts of errors tell.
type sign struct {
	detail string
	texts  []string
	// ofAuth tell the same where the address was taken for an Auth.
	ofAuth []string
}

// Every way is tried until the deadline. Only where nothing else is said about
// it is the deadline the cause.
var deadlineNoise = strings.NewReplacer("context deadline exceeded: connection error", "connection error")

func dialDetail(text string) string {
	text = strings.TrimSuffix(text, ", "+context.DeadlineExceeded.Error())
	parts := strings.Split(deadlineNoise.Replace(text), wayPrefix)
	proxy := isProxy(parts)
	for _, sign := range dialSigns {
		for _, part := range parts {
			auth := strings.Contains(part, authWay)
			if auth && proxy && sign.detail == IdentityOtherCluster {
				// A Proxy's own certificate is never signed by the authorities that
				// an Auth's is expected from.
				continue
			}
			if containsAny(part, sign.texts) || auth && containsAny(part, sign.ofAuth) {
				return sign.detail
			}
		}
	}
	return Unavailable
}

// isProxy reports whether discovery found a Proxy: one of the ways that begin
// with it failed later.
func isProxy(parts []string) bool {
	for _, part := range parts {
		discovers := containsAny(part, []string{proxyWay, " with TLS Routing"})
		if discovers && strings.Contains(part, "connection error") && !strings.Contains(part, discoveryPath) {
			return true
		}
	}
	return false
}

func containsAny(text string, signs []string) bool {
	for _, sign := range signs {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

func (p remote) explain(detail string, err error) string {
	switch detail {
	case ClockSkew:
		return fmt.Sprintf("The clocks of this machine and of Teleport at %s differ, so that one of them takes a valid "+
			"certificate for one of another time: set both clocks right%s.", p.address, p.validity())
	case ServerExpired:
		return fmt.Sprintf("The certificate of Teleport at %s has expired: renew it, "+
			"or compare the clocks of both machines.", p.address)
	case IdentityOtherCluster:
		return p.explainOtherCluster()
	case NotTeleport:
		return p.explainNotTeleport()
	case ConnectionRefused, Timeout:
		return p.explainNoConnection()
	case AddressRefused:
		return fmt.Sprintf("Connections to %s are not allowed, since it leads to where no Teleport of others can be: "+
			"give the address of an Auth or Proxy, or let the operator allow its network.", p.address)
	case HTTPProxyFailed:
		return fmt.Sprintf("The HTTP proxy that the operator's environment names does not lead to %s: check that it runs "+
			"and lets such connections through, or name the host in NO_PROXY.", p.address)
	case LimitExceeded:
		return fmt.Sprintf("Teleport at %s has more access requests than are kept in memory: "+
			"remove old ones, and let fewer be pending.", p.address)
	case HostNotFound:
		return fmt.Sprintf("The host of %s is unknown: check the Teleport address, and DNS.", p.address)
	case PermissionDenied:
		return p.explainDenied(err)
	case Internal:
		_, thrown := errors.AsType[*panicError](err)
		if thrown || errors.Is(err, errMalformed) {
			return fmt.Sprintf("Teleport at %s sent what cannot be read: see the operator's log.", p.address)
		}
		return fmt.Sprintf("Teleport at %s answered with an error of kind %s: see its log.", p.address, codeOf(err))
	default:
		if p.what != "" {
			return fmt.Sprintf("What answers at %s is %s: check that Teleport runs behind it; it is tried again.", p.address, p.what)
		}
		return fmt.Sprintf("The connection to Teleport at %s failed or ended; it is tried again.", p.address)
	}
}

func (p remote) explainNotTeleport() string {
	if p.answers == sshKind {
		return fmt.Sprintf("What answers at %s is an SSH port of Teleport that does not lead to its Auth: "+
			"give the port of a Proxy's web address, such as 443 or 3080, or of an Auth, such as 3025.", p.address)
	}
	return fmt.Sprintf("What answers at %s is not Teleport%s: give the host and port of an Auth or Proxy.", p.address, p.butWhat())
}

// butWhat names what answers, with a leading word.
func (p remote) butWhat() string {
	if p.what == "" {
		return ""
	}
	return " but " + p.what
}

// explainNoConnection says the same of a port that is closed, of one that is
// filtered and of one that is silent. The message is for the author of an
// object, who need not know of every address that the operator can reach which
// of them it is: the operator's log and the detail tell that.
func (p remote) explainNoConnection() string {
	return fmt.Sprintf("Connections to Teleport at %s are refused, or it did not answer in time: "+
		"check the port and the address, that Teleport runs, firewalls and network policies.", p.address)
}

func (p remote) explainOtherCluster() string {
	switch {
	case p.id != nil && p.id.ssh == nil:
		return fmt.Sprintf("Teleport at %s and the identity%s do not trust each other: "+
			"the identity is of another cluster, or the address is a Proxy, which needs an identity file.", p.address, p.ofUser())
	case p.answers == sshKind:
		return fmt.Sprintf("Teleport's SSH port at %s and the identity%s do not trust each other: "+
			"the identity is of another cluster.", p.address, p.ofUser())
	case p.id != nil && p.id.privateCA != nil:
		return fmt.Sprintf("Teleport at %s and the identity%s do not trust each other: "+
			"the identity is of another cluster, or the given CA does not sign the Proxy's web certificate.", p.address, p.ofUser())
	default:
		return fmt.Sprintf("Teleport at %s and the identity%s do not trust each other: "+
			"the identity is of another cluster, or the Proxy's web certificate is signed by a private CA, which must be given.",
			p.address, p.ofUser())
	}
}

// denial is how Teleport names what a role does not allow.
var denial = regexp.MustCompile(`access denied to perform action "([a-z_]{1,64})" on "([a-z_]{1,64})"`)

// neededVerbs is what the notifier's role must allow.
var neededVerbs = map[string]string{
	"access_request":     "list and read",
	"access_plugin_data": "read and update",
	// What rules need is optional, and what is added to messages.
	"access_monitoring_rule": "list and read",
	"access_list":            "list and read",
	"node":                   "list and read",
	"app":                    "list and read",
	"user_group":             "list and read",
}

func (p remote) explainDenied(err error) string {
	found := denial.FindStringSubmatch(err.Error())
	if found == nil {
		return fmt.Sprintf("Teleport denies access to the identity%s: check the user's roles and locks.", p.ofUser())
	}
	verb, kind := found[1], found[2]
	needed, ok := neededVerbs[kind]
	if !ok {
		needed = verb
	}
	return fmt.Sprintf("The identity%s may not %s %s: let a role of that user allow %s on %s.", p.ofUser(), verb, kind, needed, kind)
}

// errAccessRevoked stands for [remote.accessRevoked] where there is no remote.
var errAccessRevoked = errors.New("the identity sees no access requests")

// accessRevoked is the error of a list that is empty although requests that were
// shown before have not ended.
func (p remote) accessRevoked() *Error {
	return NewError(PermissionDenied, fmt.Sprintf(
		"The identity%s no longer sees access requests that have not ended: let a role of that user allow %s on %s.",
		p.ofUser(), neededVerbs[types.KindAccessRequest], types.KindAccessRequest))
}

// validity says in parentheses when the identity is valid, with a leading space.
func (p remote) validity() string {
	if p.id == nil {
		return ""
	}
	return fmt.Sprintf(" (the identity is valid from %s to %s)",
		p.id.NotBefore.UTC().Format(time.RFC3339), p.id.NotAfter.UTC().Format(time.RFC3339))
}

// ofUser names the user in a sentence, with a leading space.
func (p remote) ofUser() string {
	if p.id == nil {
		return ""
	}
	return fmt.Sprintf(" of user %q", p.id.User)
}
