package messenger

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const secret = "xoxb-very-secret"

func newRequest(t *testing.T, url string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"?token="+secret, strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+secret)
	return request
}

func getRequest(t *testing.T, url string) *http.Request {
	t.Helper()
	request := newRequest(t, url)
	request.Method, request.Body, request.ContentLength = http.MethodGet, nil, 0
	return request
}

func newCaller(config TransportConfig) *HTTPCaller {
	config.AllowLoopback = true
	return &HTTPCaller{Client: NewHTTPClient(config), Throttle: &Throttle{}}
}

// overPipe makes the caller talk to serve over an in-memory connection, which
// testing/synctest can see. A nil serve refuses the connection with dialErr.
func overPipe(caller *HTTPCaller, dialErr error, serve func(net.Conn)) {
	transport := caller.Client.Transport.(*http.Transport)
	transport.Proxy = nil
	transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		if serve == nil {
			return nil, dialErr
		}
		near, far := net.Pipe()
		go serve(far)
		return near, nil
	}
}

// afterRequest reads one whole request and answers it with raw.
func afterRequest(raw string, then func(net.Conn)) func(net.Conn) {
	return func(conn net.Conn) {
		request, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return
		}
		if _, err := io.WriteString(conn, raw); err != nil {
			return
		}
		then(conn)
	}
}

func hang(net.Conn) {}

func hangUp(conn net.Conn) { _ = conn.Close() }

func TestFailuresAreClassified(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	tests := map[string]struct {
		dialErr error
		serve   func(net.Conn)
		want    Error
	}{
		"refused": {dialErr: dial(syscall.ECONNREFUSED), want: Error{Code: "connection_refused", What: whatTimeout, Advice: adviceNetwork}},
		"unknown host": {
			dialErr: dial(&net.DNSError{Err: "no such host", Name: "secret.example"}),
			want:    Error{Code: "unknown_host", What: "the host of {service} is unknown", Advice: "Check the host name and the cluster's DNS"},
		},
		"certificate has expired": {
			dialErr: &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}},
			want: Error{
				Code: "tls_failed", What: "the certificate of {service} has expired, or is not valid yet",
				Advice: "Renew it, or compare the clocks of both machines",
			},
		},
		"certificate is another's": {
			dialErr: &tls.CertificateVerificationError{Err: x509.HostnameError{Host: "secret.example", Certificate: &x509.Certificate{}}},
			want: Error{
				Code: "tls_failed", What: "the certificate of {service} is for other host names", Advice: "Check the host, and what answers there",
			},
		},
		"dial times out":          {dialErr: dial(context.DeadlineExceeded), want: Error{Code: "timeout", What: whatTimeout, Advice: adviceNetwork}},
		"other dial failure":      {dialErr: dial(syscall.ENETUNREACH), want: Error{Code: "connection_failed", What: whatFailed, Advice: adviceNetwork}},
		"no answer":               {serve: afterRequest("", hang), want: Error{Code: "timeout", What: whatTimeout, Advice: adviceNetwork, Unclear: true}},
		"lost before the answer":  {serve: afterRequest("", hangUp), want: Error{Code: "connection_lost", What: whatLost, Unclear: true}},
		"lost within the headers": {serve: afterRequest("HTTP/1.1 200 OK\r\nConte", hangUp), want: Error{Code: "connection_lost", What: whatLost, Unclear: true}},
		"lost within the body":    {serve: afterRequest("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", hangUp), want: Error{Code: "connection_lost", What: whatLost, Unclear: true}},
		"answer that never ends":  {serve: afterRequest("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", hang), want: Error{Code: "timeout", What: whatTimeout, Advice: adviceNetwork, Unclear: true}},
		"not HTTP":                {serve: afterRequest("220 smtp.example ESMTP\r\n", hang), want: Error{Code: "connection_lost", What: whatLost, Unclear: true}},
		"another protocol": {
			serve: afterRequest("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", hang),
			want:  Error{Code: "http_101", What: whatNotService + " (HTTP status 101)", Advice: AdviceAddress},
		},
		"server error": {serve: afterRequest("HTTP/1.1 503 No\r\nContent-Length: 6\r\n\r\nsecret", hang), want: Error{Code: "http_503", What: whatUnavailable + " (HTTP status 503)", Unclear: true}},
		"unavailable for a while": {
			serve: afterRequest("HTTP/1.1 503 No\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n", hang),
			want:  Error{Class: Throttled, Code: "http_503", What: whatUnavailable, RetryAfter: 90 * time.Second, Scope: ScopeMethod, Unclear: true},
		},
		"unavailable for a day": {
			serve: afterRequest("HTTP/1.1 503 No\r\nRetry-After: 1000000\r\nContent-Length: 0\r\n\r\n", hang),
			want:  Error{Class: Throttled, Code: "http_503", What: whatUnavailable, RetryAfter: 24 * time.Hour, Scope: ScopeMethod, Unclear: true},
		},
		"unavailable until whenever": {
			serve: afterRequest("HTTP/1.1 503 No\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", hang),
			want:  Error{Code: "http_503", What: whatUnavailable + " (HTTP status 503)", Unclear: true},
		},
		"another failure with a time": {
			serve: afterRequest("HTTP/1.1 502 No\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n", hang),
			want:  Error{Code: "http_502", What: whatUnavailable + " (HTTP status 502)", Unclear: true},
		},
		"server error, lost": {serve: afterRequest("HTTP/1.1 500 No\r\nContent-Length: 6\r\n\r\nsec", hangUp), want: Error{Code: "http_500", What: whatUnavailable + " (HTTP status 500)", Unclear: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				caller := newCaller(TransportConfig{})
				overPipe(caller, tt.dialErr, tt.serve)
				defer caller.Client.CloseIdleConnections()
				start := time.Now()
				_, err := caller.Do(newRequest(t, "http://secret.example/"), "chat.test", Bucket{Method: "bucket"})
				checkError(t, err, tt.want)
				if took := time.Since(start); took > DefaultTimeout {
					t.Errorf("the call took %s, more than %s", took, DefaultTimeout)
				}
			})
		})
	}
}

func checkError(t *testing.T, err error, want Error) {
	t.Helper()
	got, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("error %v (%T) is not an *Error", err, err)
	}
	want.Call = "chat.test"
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("error %q holds a secret", err)
	}
}

func TestUnverifiedCertificateIsClear(t *testing.T) {
	called := false
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	server.Config.ErrorLog = discardLog()
	server.StartTLS()
	defer server.Close()

	caller := newCaller(TransportConfig{})
	defer caller.Client.CloseIdleConnections()
	_, err := caller.Do(newRequest(t, server.URL), "chat.test", Bucket{Method: "bucket"})
	checkError(t, err, Error{
		Code:   "tls_failed",
		What:   "the certificate of {service} is signed by an authority that is not trusted here",
		Advice: "Let the operator trust that authority, or look for a proxy in between that shows a certificate of its own",
	})
	if called {
		t.Error("the request was sent to an unverified server")
	}
}

// TestAProxyThatDoesNotLeadOnIsNamed covers one that refuses, and one that is not there.
func TestAProxyThatDoesNotLeadOnIsNamed(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "secret", http.StatusForbidden) }))
	defer proxy.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, address := range []string{proxy.URL, gone.URL} {
		through, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		caller := newCaller(TransportConfig{})
		caller.Client.Transport.(*http.Transport).Proxy = http.ProxyURL(through)
		_, err = caller.Do(newRequest(t, "https://secret.example/"), "chat.test", Bucket{Method: "bucket"})
		checkError(t, err, Error{
			Code: "proxy_failed", What: "the HTTP proxy that the operator's environment names does not lead to {service}",
			Advice: "Check that the proxy runs and lets such connections through, or name the host in NO_PROXY",
		})
		caller.Client.CloseIdleConnections()
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = discardLog()
	server.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	server.StartTLS()
	defer server.Close()

	caller := newCaller(TransportConfig{})
	trust(caller.Client, server)
	defer caller.Client.CloseIdleConnections()
	_, err := caller.Do(newRequest(t, server.URL), "chat.test", Bucket{Method: "bucket"})
	if got := AsError(err); err == nil || got.Unclear {
		t.Errorf("Do = %v, want a clear failure", err)
	}
}

func TestAnswerIsRead(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cookie") != "" {
			t.Error("a cookie was sent back")
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "hello")
	}))
	defer server.Close()

	caller := newCaller(TransportConfig{})
	trust(caller.Client, server)
	defer caller.Client.CloseIdleConnections()
	for range 2 {
		response, err := caller.Do(newRequest(t, server.URL), "chat.test", Bucket{Method: "bucket"})
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil || string(body) != "hello" || response.StatusCode != http.StatusTeapot {
			t.Errorf("answer = %d %q, %v; want 418 hello", response.StatusCode, body, err)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var followed bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			followed = true
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer server.Close()

	caller := newCaller(TransportConfig{})
	defer caller.Client.CloseIdleConnections()
	response, err := caller.Do(newRequest(t, server.URL), "chat.test", Bucket{Method: "bucket"})
	if err != nil {
		t.Fatal(err)
	}
	if followed || response.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("status = %d, followed = %t; want 307 and no second request", response.StatusCode, followed)
	}
}

func TestAnswerIsCapped(t *testing.T) {
	for size, want := range map[int]string{maxResponseBytes: "", maxResponseBytes + 1: "response_too_large"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, size))
		}))
		caller := newCaller(TransportConfig{})
		_, err := caller.Do(newRequest(t, server.URL), "chat.test", Bucket{Method: "bucket"})
		if want == "" && err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
		if want != "" {
			checkError(t, err, Error{Code: want, What: whatTooLarge, Unclear: true})
			_, err = caller.Do(getRequest(t, server.URL), "chat.test", Bucket{Method: "bucket"})
			checkError(t, err, Error{Code: want, What: whatTooLarge})
		}
		caller.Client.CloseIdleConnections()
		server.Close()
	}
}

// TestLargeRefusalsAreObeyed covers refusals with more to say than is read.
func TestLargeRefusalsAreObeyed(t *testing.T) {
	for status, want := range map[int]string{http.StatusTooManyRequests: "", http.StatusNotFound: "", http.StatusServiceUnavailable: "http_503"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(status)
			_, _ = w.Write(make([]byte, maxResponseBytes+1))
		}))
		caller := newCaller(TransportConfig{})
		response, err := caller.Do(newRequest(t, server.URL), "chat.test", Bucket{Method: "bucket"})
		switch {
		case want != "":
			checkError(t, err, Error{Class: Throttled, Code: want, What: whatUnavailable, RetryAfter: time.Minute, Scope: ScopeMethod, Unclear: true})
			caller = newCaller(TransportConfig{})
			_, err = caller.Do(getRequest(t, server.URL), "chat.test", Bucket{Method: "bucket"})
			checkError(t, err, Error{Class: Throttled, Code: want, What: whatUnavailable, RetryAfter: time.Minute, Scope: ScopeMethod})
		case err != nil:
			t.Errorf("status %d: %v", status, err)
		case response.StatusCode != status || response.Header.Get("Retry-After") != "60":
			t.Errorf("status %d, header %v; want %d", response.StatusCode, response.Header, status)
		}
		caller.Client.CloseIdleConnections()
		server.Close()
	}
}

func TestPausedCallsAreNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		caller := newCaller(TransportConfig{})
		overPipe(caller, nil, func(conn net.Conn) {
			calls++
			afterRequest("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", hangUp)(conn)
		})
		throttled := caller.ThrottledError("chat.test", "ratelimited", Bucket{Method: "bucket"}, time.Minute)
		checkError(t, throttled, Error{Class: Throttled, Code: "ratelimited", RetryAfter: time.Minute, Scope: ScopeMethod})

		time.Sleep(20 * time.Second)
		_, err := caller.Do(newRequest(t, "http://secret.example/"), "chat.test", Bucket{Method: "bucket"})
		checkError(t, err, Error{Class: Throttled, Code: "paused", What: whatPaused, RetryAfter: 40 * time.Second, Scope: ScopeMethod})
		if calls != 0 {
			t.Errorf("%d calls were sent while paused", calls)
		}
		if _, err := caller.Do(newRequest(t, "http://secret.example/"), "chat.test", Bucket{Method: "other"}); err != nil {
			t.Errorf("a call of another bucket fails: %v", err)
		}
		time.Sleep(40 * time.Second)
		if _, err := caller.Do(newRequest(t, "http://secret.example/"), "chat.test", Bucket{Method: "bucket"}); err != nil {
			t.Errorf("a call after the pause fails: %v", err)
		}
		if calls != 2 {
			t.Errorf("%d calls were sent, want 2", calls)
		}
	})
}

func TestEndOfContextIsNotAFailureOfTheService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		caller := newCaller(TransportConfig{})
		overPipe(caller, nil, afterRequest("", hang))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := caller.Do(newRequest(t, "http://secret.example/").WithContext(ctx), "chat.test", Bucket{Method: "bucket"})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Do = %v, want the context's error", err)
		}
		if got := AsError(err); !got.Unclear || got.Class != Transient {
			t.Errorf("AsError = %+v, want transient and unclear", got)
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("error %q holds a secret", err)
		}
	})
}

// silent is a transport that reports nothing about what it did.
type silent struct{ err error }

func (s silent) RoundTrip(*http.Request) (*http.Response, error) { return nil, s.err }

func TestUnobservedTransportIsTakenAtItsWorst(t *testing.T) {
	for err, want := range map[error]bool{io.EOF: true, syscall.ECONNREFUSED: false} {
		caller := &HTTPCaller{Client: &http.Client{Transport: silent{err}}, Throttle: &Throttle{}}
		_, got := caller.Do(newRequest(t, "http://secret.example/"), "chat.test", Bucket{Method: "bucket"})
		if unclear := AsError(got).Unclear; unclear != want {
			t.Errorf("after %v, unclear = %t, want %t", err, unclear, want)
		}
	}
}

// trust makes a client trust the certificate of a server.
func trust(client *http.Client, server *httptest.Server) {
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client.Transport.(*http.Transport).TLSClientConfig.RootCAs = roots
}

// discardLog keeps expected handshake failures out of the test's output.
func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

// TestUnavailableServicePausesTheMethod covers a 503 with Retry-After: it holds at
// every address, and for its method only.
func TestUnavailableServicePausesTheMethod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		caller := newCaller(TransportConfig{})
		defer caller.Client.CloseIdleConnections()
		overPipe(caller, nil, afterRequest("HTTP/1.1 503 No\r\nRetry-After: 60\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", hangUp))
		call := func(bucket Bucket) *Error {
			_, err := caller.Do(newRequest(t, "http://secret.example/"), "chat.test", bucket)
			return AsError(err)
		}
		if e := call(Bucket{"post", "a"}); e.Code != "http_503" {
			t.Fatalf("the first call = %+v", e)
		}
		time.Sleep(10 * time.Second)
		if e := call(Bucket{"post", "b"}); e.Code != "paused" || e.RetryAfter != 50*time.Second || e.Scope != ScopeMethod {
			t.Errorf("a call at another address = %+v, want the method to be paused", e)
		}
		if e := call(Bucket{"edit", "a"}); e.Code != "http_503" {
			t.Errorf("a call of another method = %+v, want it to be sent", e)
		}
	})
}
