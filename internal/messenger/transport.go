package messenger

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
)

// TransportConfig configures the HTTP client that messengers call through.
type TransportConfig struct {
	// Timeout bounds one call, reading the answer included. Default 10 s.
	Timeout time.Duration
	// AllowLoopback allows connections to loopback addresses, for a sidecar or a
	// test. Default: refused.
	AllowLoopback bool
	// Allow are networks that connections may lead to although the guard refuses
	// them, such as link-local ones. Default: none.
	Allow []netip.Prefix
	// InCluster lets connections lead to private networks only, and through no proxy, for
	// calls without TLS. Default: anywhere else, too.
	InCluster bool
	// Roots are the certificate authorities that are trusted; see ParseCA. Default: the
	// system's.
	Roots *x509.CertPool
}

// NewHTTPClient returns the client for all calls to chat services. It follows
// no redirects, which would carry a token to another host, keeps no cookies,
// takes its proxy from the environment, and asks for TLS 1.2 or newer. One
// client serves any number of notifiers.
func NewHTTPClient(config TransportConfig) *http.Client {
	guard := config.guard()
	transport := &http.Transport{
		Proxy:                  guard.Proxy,
		OnProxyConnectResponse: dialguard.OnProxyAnswer,
		DialContext:            guard.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: config.Roots},
		TLSHandshakeTimeout:    5 * time.Second,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
		MaxIdleConnsPerHost:    idleConnections,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
	if config.InCluster {
		transport.Proxy = nil
	}
	return &http.Client{
		Transport:     transport,
		Timeout:       cmp.Or(config.Timeout, DefaultTimeout),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (c TransportConfig) guard() *dialguard.Guard {
	allowed := slices.Clone(c.Allow)
	if c.AllowLoopback {
		allowed = append(allowed, dialguard.Loopback()...)
	}
	if c.InCluster {
		return dialguard.NewPrivate(allowed...)
	}
	return dialguard.New(allowed...)
}

// HTTPCaller sends the requests of one token: never while the token is paused, and
// with failures classified the same way for every service.
type HTTPCaller struct {
	// Client sends the requests. Use NewHTTPClient.
	Client *http.Client
	// Throttle holds the token's pauses.
	Throttle *Throttle
}

// Do sends a request and returns the answer with its body already read, at
// most 1 MiB of it. The call names what is attempted in errors.
//
// A request whose bucket is paused is not sent; the error says how long to
// wait. An answer in the 500s, a success of more than 1 MiB, a lost connection
// and a timeout are errors, too; what any other answer means is up to the messenger.
// An answer in the 500s is returned beside its error, for who wants to know more. When
// the request's context ends, the error wraps the context's error.
func (c *HTTPCaller) Do(request *http.Request, call string, bucket Bucket) (*http.Response, error) {
	response, sent, err := c.send(request, call, bucket)
	if err != nil {
		return nil, err
	}
	body, err := readAll(response.Body)
	// Of a refusal that is too large the status and the headers are enough.
	response.Body = io.NopCloser(bytes.NewReader(body[:min(len(body), maxResponseBytes)]))
	switch {
	case response.StatusCode >= http.StatusInternalServerError:
		return response, c.serverError(request, call, bucket, response)
	case err != nil:
		sent.answered = true
		return nil, c.failed(request.Context(), call, err, sent)
	case len(body) > maxResponseBytes && response.StatusCode < http.StatusMultipleChoices:
		return nil, tooLarge(request, call)
	}
	return response, nil
}

// Told is an answer whose status and headers count. Body is how its body begins, as far as it
// could be read.
type Told struct {
	Status int
	Header http.Header
	Body   []byte
}

// Tell is Do for a service that answers by the status and the headers, and says in a short body at
// most why it refuses. Of the body at most 4 KiB are read, whether that works or not.
func (c *HTTPCaller) Tell(request *http.Request, call string, bucket Bucket) (Told, error) {
	response, _, err := c.send(request, call, bucket)
	if err != nil {
		return Told{}, err
	}
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxToldBytes))
	_ = response.Body.Close()
	if response.StatusCode >= http.StatusInternalServerError {
		return Told{}, c.serverError(request, call, bucket, response)
	}
	return Told{response.StatusCode, response.Header, body}, nil
}

// Waits returns the error of a call whose bucket is paused, nil if it may be made now. Who needs
// another call first, such as one for an access token, asks before that.
func (c *HTTPCaller) Waits(call string, bucket Bucket) error {
	return c.Throttle.Refuse(call, bucket)
}

// send sends a request, unless its bucket is paused.
func (c *HTTPCaller) send(request *http.Request, call string, bucket Bucket) (*http.Response, *sending, error) {
	if err := c.Waits(call, bucket); err != nil {
		return nil, nil, err
	}
	ctx, sent := request.Context(), &sending{}
	response, err := c.Client.Do(request.WithContext(sent.trace(ctx))) //nolint:gosec // Where it may lead is for the client's guard to say.
	if err != nil {
		return nil, nil, c.failed(ctx, call, err, sent)
	}
	if response.StatusCode == http.StatusSwitchingProtocols {
		// It was not asked for. The body is the connection itself, which no timeout ends any more.
		_ = response.Body.Close()
		return nil, nil, NotTheService(call, response.StatusCode)
	}
	return response, sent, nil
}

// readAll reads and closes a body, at most one byte beyond the limit.
func readAll(body io.ReadCloser) ([]byte, error) {
	defer func() { _ = body.Close() }()
	return io.ReadAll(io.LimitReader(body, maxResponseBytes+1))
}

// failed turns an error of the transport into one that is safe to show.
func (c *HTTPCaller) failed(ctx context.Context, call string, err error, sent *sending) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", call, ctx.Err())
	}
	return transportError(call, err, sent)
}

// ThrottledError pauses a bucket as a service's answer demands, and returns the
// error that says so.
func (c *HTTPCaller) ThrottledError(call, code string, bucket Bucket, retryAfter time.Duration) *Error {
	c.Throttle.Pause(bucket, retryAfter)
	return &Error{
		Class:      Throttled,
		Call:       call,
		Code:       code,
		RetryAfter: retryAfter,
		Scope:      bucket.Scope(),
	}
}

// serverError is a failure of the service or of something in front of it. The
// request may have been carried out before that.
//
// A 503 that says when to come back is obeyed (RFC 9110, sections 10.2.3 and
// 15.6.4). It is about the service, not about one channel, so that it holds at all
// addresses; but only for its own method, as one that is overloaded says nothing of
// the others.
func (c *HTTPCaller) serverError(request *http.Request, call string, bucket Bucket, response *http.Response) *Error {
	code := statusCode(response.StatusCode)
	if response.StatusCode == http.StatusServiceUnavailable {
		if wait := ParseRetryAfter(response.Header.Get("Retry-After"), 0); wait > 0 {
			e := c.ThrottledError(call, code, Bucket{Method: bucket.Method}, wait)
			e.What, e.Unclear = whatUnavailable, !readsOnly(request)
			return e
		}
	}
	return &Error{
		Class: Transient, Call: call, Code: code,
		What: fmt.Sprintf("%s (HTTP status %d)", whatUnavailable, response.StatusCode), Unclear: true,
	}
}
