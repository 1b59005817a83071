package teleport

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gravitational/teleport/api/client/proto"
	accesslistv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/accesslist/v1"
	"github.com/gravitational/teleport/api/types"
	"go.uber.org/goleak"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/dialguard"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// trusting returns an identity of srv that trusts the web certificate of w.
func trusting(t *testing.T, srv *teleporttest.Server, w *teleporttest.Web) *Identity {
	t.Helper()
	id, err := ParseIdentity(Credentials{File: issueRaw(t, srv, teleporttest.IdentityOptions{}).File, PrivateCA: w.CA()}, time.Now())
	must(t, err)
	return id
}

func startWeb(t *testing.T, handle func(*teleporttest.Web, http.ResponseWriter, *http.Request), protocols ...string) *teleporttest.Web {
	t.Helper()
	w := teleporttest.StartWeb(handle, protocols...)
	t.Cleanup(w.Close)
	return w
}

func dialWithin(t *testing.T, d Dialer, timeout time.Duration, address string, id *Identity) *Error {
	t.Helper()
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	c, err := d.Dial(ctx, address, id)
	if c != nil {
		_ = c.Close()
		t.Fatal("connected")
	}
	failure, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("the error is %T: %v", err, err)
	}
	assertSentence(t, failure.Message)
	goleak.VerifyNone(t, before)
	return failure
}

func TestDiscoveryFollowsNoRedirects(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	var plain atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { plain.Add(1) }))
	defer elsewhere.Close()
	secured := startWeb(t, teleporttest.Garbage)
	for name, to := range map[string]string{
		"plain HTTP":   elsewhere.URL + "/webapi/find",
		"another host": "https://" + secured.Addr() + "/webapi/find",
	} {
		t.Run(name, func(t *testing.T) {
			w := startWeb(t, teleporttest.RedirectTo(to))
			if got := dialWithin(t, testDialer, time.Second, w.Addr(), trusting(t, srv, w)); got.Detail != NotTeleport {
				t.Errorf("reason %s: %v", got.Detail, errors.Unwrap(got))
			}
			if w.Asked.Load() == 0 {
				t.Error("the address was not asked at all")
			}
		})
	}
	if plain.Load() > 0 || secured.Asked.Load() > 0 {
		t.Error("a redirect was followed")
	}
}

func TestDiscoveryIsBounded(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	for name, handle := range map[string]func(*teleporttest.Web, http.ResponseWriter, *http.Request){
		"an endless answer": teleporttest.Endless, "a slow drip": teleporttest.Drip, "garbage": teleporttest.Garbage,
	} {
		t.Run(name, func(t *testing.T) {
			w := startWeb(t, handle)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begin := time.Now()
			got := dialWithin(t, testDialer, 2*time.Second, w.Addr(), trusting(t, srv, w))
			runtime.ReadMemStats(&after)
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			if want := map[bool]string{true: Timeout, false: NotTeleport}[name == "a slow drip"]; got.Detail != want {
				t.Errorf("reason %s, want %s: %v", got.Detail, want, errors.Unwrap(got))
			}
			// Each attempt within the time reads no more than the bound, and what the
			// sockets hold.
			if attempts := w.Asked.Load(); w.Sent.Load() > attempts*(maxDiscovery+16<<20) {
				t.Errorf("%d bytes were sent in %d answers", w.Sent.Load(), attempts)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 256<<20 {
				t.Errorf("%d MiB were allocated", grown>>20)
			}
		})
	}
}

// A server that hears that its reader goes may end its answer properly before the
// connection is closed.
func TestAnAnswerThatEndsWithItsReaderIsNotWhole(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	body := func(text string) *http.Response {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text))}
	}
	_, err := readDiscovery(ctx, body("   "))
	if _, answered := errors.AsType[*answerError](err); !answered {
		t.Errorf("an answer that ends by itself: %v", err)
	}
	cancel()
	if _, err := readDiscovery(ctx, body("   ")); !errors.Is(err, context.Canceled) {
		t.Errorf("one that ends as its reader goes: %v", err)
	}
	_, err = readDiscovery(ctx, body(strings.Repeat(" ", maxDiscovery+1)))
	if _, answered := errors.AsType[*answerError](err); !answered {
		t.Errorf("one that was too long by then: %v", err)
	}
}

// The guard decides about every connection: to the address, by each way, and to
// the tunnel that discovery names.
func TestGuardDecidesAboutEveryConnection(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	lis := listen(t)
	var accepted atomic.Int64
	go func() {
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			_ = conn.Close()
		}
	}()
	_, port, err := net.SplitHostPort(lis.Addr().String())
	must(t, err)
	closed := listen(t)
	must(t, closed.Close())
	strict := Dialer{Guard: dialguard.New()}
	id := issue(t, srv, teleporttest.IdentityOptions{})
	var messages []string
	for _, address := range []string{
		"127.0.0.1:" + port, "localhost:" + port, "[::1]:" + port, "[::ffff:127.0.0.1]:" + port, closed.Addr().String(),
		"169.254.169.254:80", "[fd00:ec2::254]:443", "[64:ff9b::a9fe:a9fe]:443",
	} {
		got := dialWithin(t, strict, time.Second, address, id)
		if got.Detail != AddressRefused {
			t.Errorf("%s: reason %s: %v", address, got.Detail, errors.Unwrap(got))
		}
		messages = append(messages, strings.ReplaceAll(got.Message, address, "ADDRESS"))
	}
	for _, message := range messages {
		if message != messages[0] {
			t.Errorf("the messages tell addresses apart: %q and %q", messages[0], message)
		}
	}

	// A tunnel elsewhere than the Proxy.
	for _, tlsRouting := range []bool{true, false} {
		w := startWeb(t, teleporttest.ProxyAt("127.0.0.2:"+port, tlsRouting))
		here := Dialer{Guard: dialguard.New(netip.MustParsePrefix("127.0.0.1/32"))}
		if got := dialWithin(t, here, time.Second, w.Addr(), trusting(t, srv, w)); got.Detail != AddressRefused {
			t.Errorf("a tunnel on this machine, TLS routing %v: %s: %v", tlsRouting, got.Detail, errors.Unwrap(got))
		}
	}
	if accepted.Load() > 0 {
		t.Errorf("%d connections were made", accepted.Load())
	}
}

// The author of an object is told the same of a port that is closed, filtered or
// silent.
func TestMessagesTellNoPortsApart(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	id := issue(t, srv, teleporttest.IdentityOptions{})
	closed := listen(t)
	must(t, closed.Close())
	var messages []string
	for _, address := range []string{closed.Addr().String(), listen(t).Addr().String()} {
		got := dialWithin(t, testDialer, time.Second, address, id)
		messages = append(messages, strings.ReplaceAll(got.Message, address, "ADDRESS"))
	}
	if messages[0] != messages[1] {
		t.Errorf("closed: %s\nsilent: %s", messages[0], messages[1])
	}
}

func TestWhatElseAnswers(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	raw := issueRaw(t, srv, teleporttest.IdentityOptions{})
	file, err := ParseIdentity(Credentials{File: raw.File}, time.Now())
	must(t, err)
	triple, err := ParseIdentity(Credentials{Cert: raw.Cert, Key: raw.Key, CAs: raw.CAs}, time.Now())
	must(t, err)
	kube := startWeb(t, teleporttest.KubeAPIServer)
	proxy := startWeb(t, teleporttest.ProxyAt("127.0.0.1:1", true))
	// It refuses what an Auth is asked for before it shows its certificate.
	oldProxy := startWeb(t, teleporttest.ProxyAt("127.0.0.1:1", true), "http/1.1")
	oldKube := startWeb(t, teleporttest.KubeAPIServer, "http/1.1")
	tests := map[string]struct {
		web    *teleporttest.Web
		id     *Identity
		reason string
		says   string
	}{
		"kube-apiserver":                   {kube, file, NotTeleport, "not Teleport"},
		"kube-apiserver and TLS files":     {kube, triple, NotTeleport, "not Teleport"},
		"kube-apiserver with the CA given": {kube, trusting(t, srv, kube), NotTeleport, "not Teleport"},
		"a Proxy and TLS files":            {proxy, triple, IdentityOtherCluster, "the address is a Proxy, which needs an identity file"},
		"a Proxy without HTTP/2":           {oldProxy, triple, IdentityOtherCluster, "the address is a Proxy, which needs an identity file"},
		"a web site without HTTP/2":        {oldKube, triple, NotTeleport, "not Teleport"},
		"a Proxy with a private CA":        {proxy, file, IdentityOtherCluster, "private CA, which must be given"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := dialWithin(t, testDialer, 2*time.Second, tt.web.Addr(), tt.id)
			if got.Detail != tt.reason || !strings.Contains(got.Message, tt.says) {
				t.Errorf("%s: %s\nwant %s: ... %s\n%v", got.Detail, got.Message, tt.reason, tt.says, errors.Unwrap(got))
			}
		})
	}
}

func TestOutboundProxyThatFails(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	id := issue(t, srv, teleporttest.IdentityOptions{})
	closed := listen(t)
	must(t, closed.Close())
	refusing := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusForbidden) }))
	defer refusing.Close()
	repeating := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			return
		}
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 407 %s\r\n\r\n", r.Header.Get("Proxy-Authorization"))
		_ = conn.Close()
	}))
	defer repeating.Close()
	for name, address := range map[string]string{
		"down": closed.Addr().String(), "refusing": refusing.Listener.Addr().String(), "silent": listen(t).Addr().String(),
		"repeating the password": repeating.Listener.Addr().String(),
	} {
		t.Run(name, func(t *testing.T) {
			guard := dialguard.New()
			guard.Environment = http.ProxyURL(&url.URL{Scheme: "http", Host: address, User: url.UserPassword("user", "secret")})
			got := dialWithin(t, Dialer{Guard: guard}, time.Second, "teleport.example.com:443", id)
			if name != "silent" && got.Detail != HTTPProxyFailed {
				t.Errorf("reason %s: %v", got.Detail, errors.Unwrap(got))
			}
			if strings.Contains(got.Message, "Teleport runs") && name != "silent" || strings.Contains(got.Message, "secret") {
				t.Errorf("the message is %s", got.Message)
			}
			if password := base64.StdEncoding.EncodeToString([]byte("user:secret")); strings.Contains(errors.Unwrap(got).Error(), password) {
				t.Errorf("the cause is %v", errors.Unwrap(got))
			}
		})
	}
}

func TestDialThroughAnOutboundProxy(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	var asked atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		target, err := net.Dial("tcp", srv.Addr())
		if err != nil || r.Method != http.MethodConnect {
			rw.WriteHeader(http.StatusBadGateway)
			return
		}
		rw.WriteHeader(http.StatusOK)
		conn, _, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			return
		}
		go pipe(conn, target)
		pipe(target, conn)
	}))
	defer proxy.Close()
	// The proxy may be anywhere; where it leads to is resolved there.
	guard := dialguard.New()
	address, err := url.Parse(proxy.URL)
	must(t, err)
	guard.Environment = http.ProxyURL(address)
	c, err := Dialer{Guard: guard}.Dial(t.Context(), "teleport.example.com:443", issue(t, srv, teleporttest.IdentityOptions{}))
	must(t, err)
	if _, err := c.Ping(t.Context()); err != nil || asked.Load() == 0 {
		t.Errorf("asked %d times, %v", asked.Load(), err)
	}
	must(t, c.Close())
}

func pipe(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if _, werr := to.Write(buffer[:n]); err != nil || werr != nil {
			_ = to.Close()
			return
		}
	}
}

func TestEndlessListEnds(t *testing.T) {
	for _, version := range []string{"15.1.9", "17.2.1"} {
		for name, size := range map[string]int{"small requests": 1, "large requests": 4000, "larger than accepted": 20_000} {
			t.Run(version+"/"+name, func(t *testing.T) {
				srv := teleporttest.ForTest(t, teleporttest.Options{Version: version})
				id := create(t, srv, teleporttest.RequestSpec{})
				s, heard := connectListing(t, srv)
				await(t, heard, "synced", s.Synced)
				srv.EndlessLists(size)
				await(t, heard, "the limit shows", func() bool { return problemOf(s) == LimitExceeded })
				assertState(t, s, id, accessrequest.Pending)
				if n := len(s.IDs()); n != 1 {
					t.Errorf("%d requests are mirrored", n)
				}
				srv.EndlessLists(0)
				await(t, heard, "it is back", func() bool { return s.Status().Connected })
			})
		}
	}
}

func TestPagesThatAreTooLargeAreHalved(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	const n = 1500
	for range n {
		create(t, srv, teleporttest.RequestSpec{Reason: strings.Repeat("x", maxText), SuggestedReviewers: []string{strings.Repeat("y", 3*maxText)}})
	}
	c, err := testDialer.Dial(t.Context(), srv.Addr(), issue(t, srv, teleporttest.IdentityOptions{}))
	must(t, err)
	defer func() { _ = c.Close() }()
	seen := map[string]bool{}
	must(t, c.EachAccessRequest(t.Context(), types.AccessRequestFilter{}, func(r *types.AccessRequestV3) error {
		seen[r.GetName()] = true
		return nil
	}))
	if len(seen) != n {
		t.Errorf("%d requests, want %d", len(seen), n)
	}
}

// What a hostile server sends as events costs its own session at most.
func TestHostileEvents(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	await(t, heard, "synced", s.Synced)
	bad := &types.AccessRequestV3{Kind: types.KindAccessRequest, Metadata: types.Metadata{Name: "bad"}}
	for _, event := range []*proto.Event{
		{},
		{Type: proto.Operation_PUT},
		{Type: proto.Operation_PUT, Resource: &proto.Event_AccessRequest{AccessRequest: &types.AccessRequestV3{}}},
		{Type: proto.Operation_PUT, Resource: &proto.Event_AccessRequest{AccessRequest: bad}},
		{Type: proto.Operation_PUT, Resource: &proto.Event_ResourceHeader{ResourceHeader: &types.ResourceHeader{}}},
		{Type: proto.Operation_DELETE, Resource: &proto.Event_ResourceHeader{ResourceHeader: &types.ResourceHeader{}}},
		{Type: proto.Operation_DELETE, Resource: &proto.Event_AccessRequest{AccessRequest: bad}},
		{Type: proto.Operation_PUT, Resource: &proto.Event_AccessList{AccessList: &accesslistv1.AccessList{}}},
		{Type: proto.Operation_INIT},
		{Type: 77},
	} {
		srv.PublishRaw(event)
	}
	id := create(t, srv, teleporttest.RequestSpec{})
	await(t, heard, "the request shows", func() bool { _, p := s.Get(id); return p == accessrequest.Present })
	if got := s.Status().Reconnects; got != 0 {
		t.Errorf("%d reconnects", got)
	}

	large := &types.AccessRequestV3{Kind: types.KindAccessRequest, Metadata: types.Metadata{Name: "large"}}
	large.Spec.RequestReason = strings.Repeat("x", maxMessageSize)
	srv.PublishRaw(&proto.Event{Type: proto.Operation_PUT, Resource: &proto.Event_AccessRequest{AccessRequest: large}})
	await(t, heard, "it reconnects", func() bool { return s.Status().Reconnects == 1 })
	assertPresence(t, s, "large", accessrequest.Unlisted)
}
