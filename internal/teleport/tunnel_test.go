package teleport

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gravitational/teleport/api/constants"
	"github.com/gravitational/teleport/api/identityfile"
	"github.com/gravitational/teleport/api/utils/pingconn"
	"golang.org/x/crypto/ssh"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func TestDialThroughAProxyWithAPrivateCA(t *testing.T) {
	for _, tlsRouting := range []bool{true, false} {
		name := map[bool]string{true: "TLS routing", false: "plain tunnel"}[tlsRouting]
		t.Run(name, func(t *testing.T) {
			srv := teleporttest.ForTest(t, teleporttest.Options{})
			proxy := startProxy(t, srv.Addr(), tlsRouting)
			raw := issueRaw(t, srv, teleporttest.IdentityOptions{})
			file := proxy.trustedBy(t, raw.File)

			id, err := ParseIdentity(Credentials{File: file, PrivateCA: proxy.ca()}, time.Now())
			must(t, err)
			c, err := testDialer.Dial(t.Context(), proxy.address(), id)
			must(t, err)
			pong, err := c.Ping(t.Context())
			must(t, err)
			if pong.ClusterName != "lab" {
				t.Errorf("reached cluster %q", pong.ClusterName)
			}
			must(t, c.Close())

			id, err = ParseIdentity(Credentials{File: file}, time.Now())
			must(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err = testDialer.Dial(ctx, proxy.address(), id)
			if !isReason(err, IdentityOtherCluster) || !strings.Contains(err.Error(), "private CA, which must be given") {
				t.Errorf("without the CA: %v\n%v", err, errors.Unwrap(err))
			}
		})
	}
}

func TestTunnelReadsNoEndlessRefusal(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	proxy := startProxy(t, srv.Addr(), true)
	proxy.floods = true
	raw := issueRaw(t, srv, teleporttest.IdentityOptions{})
	id, err := ParseIdentity(Credentials{File: proxy.trustedBy(t, raw.File), PrivateCA: proxy.ca()}, time.Now())
	must(t, err)
	if got := dialWithin(t, testDialer, time.Second, proxy.address(), id); got.Detail == "" {
		t.Error("the refusal has no reason")
	}
	if sent := proxy.flooded.Load(); sent == 0 || sent > 16<<20 {
		t.Errorf("%d bytes were sent", sent)
	}
}

// fakeProxy is a Proxy as far as its tunnel to the Auth server goes.
type fakeProxy struct {
	web     *httptest.Server
	hostCA  ssh.Signer
	config  *ssh.ServerConfig
	auth    string
	tunnel  string
	running sync.WaitGroup

	// floods makes it refuse, with an explanation that never ends.
	floods  bool
	flooded atomic.Int64
}

func startProxy(t *testing.T, auth string, tlsRouting bool) *fakeProxy {
	t.Helper()
	p := &fakeProxy{auth: auth, hostCA: newSSHKey(t)}
	p.config = &ssh.ServerConfig{ServerVersion: teleportSSH, PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if _, ok := key.(*ssh.Certificate); !ok {
			return nil, errors.New("not a certificate")
		}
		return nil, nil
	}}
	p.config.AddHostKey(p.hostKey(t))

	tunnel := listen(t)
	p.tunnel = tunnel.Addr().String()
	p.running.Go(func() { p.serveTunnel(tunnel) })
	p.web = httptest.NewUnstartedServer(nil)
	p.web.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"proxy": map[string]any{
			"tls_routing_enabled": tlsRouting,
			"ssh":                 map[string]any{"public_addr": p.address(), "ssh_tunnel_public_addr": p.tunnel},
		}})
	})
	p.web.TLS = &tls.Config{NextProtos: []string{"http/1.1", constants.ALPNSNIProtocolReverseTunnel}}
	p.web.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){
		constants.ALPNSNIProtocolReverseTunnel: func(_ *http.Server, conn *tls.Conn, _ http.Handler) { p.serve(conn) },
	}
	p.web.StartTLS()
	t.Cleanup(func() {
		p.web.Close()
		_ = tunnel.Close()
		p.running.Wait()
	})
	return p
}

func (p *fakeProxy) address() string { return p.web.Listener.Addr().String() }

func (p *fakeProxy) ca() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.web.Certificate().Raw})
}

// trustedBy returns the identity file with the proxy's SSH authority in it.
func (p *fakeProxy) trustedBy(t *testing.T, file []byte) []byte {
	t.Helper()
	parsed, err := identityfile.FromString(string(file))
	must(t, err)
	line := append([]byte("@cert-authority * "), ssh.MarshalAuthorizedKey(p.hostCA.PublicKey())...)
	parsed.CACerts.SSH = [][]byte{line}
	out, err := identityfile.Encode(parsed)
	must(t, err)
	return out
}

func (p *fakeProxy) hostKey(t *testing.T) ssh.Signer {
	t.Helper()
	key := newSSHKey(t)
	cert := &ssh.Certificate{
		Key: key.PublicKey(), CertType: ssh.HostCert, ValidPrincipals: []string{"127.0.0.1"}, ValidBefore: ssh.CertTimeInfinity,
	}
	must(t, cert.SignCert(rand.Reader, p.hostCA))
	signer, err := ssh.NewCertSigner(cert, key)
	must(t, err)
	return signer
}

func newSSHKey(t *testing.T) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	signer, err := ssh.NewSignerFromKey(key)
	must(t, err)
	return signer
}

func (p *fakeProxy) serveTunnel(lis net.Listener) {
	for {
		conn, err := lis.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(conn) })
	}
}

// serve lets an SSH client reach the Auth server, and nothing else.
func (p *fakeProxy) serve(conn net.Conn) {
	server, channels, requests, err := ssh.NewServerConn(conn, p.config)
	if err != nil {
		_ = conn.Close()
		return
	}
	defer func() { _ = server.Close() }()
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		if offered.ChannelType() != constants.ChanTransport {
			_ = offered.Reject(ssh.UnknownChannelType, "")
			continue
		}
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.transport(channel, requests) })
	}
}

func (p *fakeProxy) transport(channel ssh.Channel, requests <-chan *ssh.Request) {
	defer func() { _ = channel.Close() }()
	request := <-requests
	if p.floods {
		_ = request.Reply(false, nil)
		chunk := make([]byte, 32<<10)
		for {
			n, err := channel.Stderr().Write(chunk)
			p.flooded.Add(int64(n))
			if err != nil {
				return
			}
		}
	}
	if request == nil || request.Type != constants.ChanTransportDialReq ||
		!strings.Contains(string(request.Payload), constants.RemoteAuthServer) {
		return
	}
	auth, err := net.Dial("tcp", p.auth)
	if err != nil {
		return
	}
	_ = request.Reply(true, nil)
	go ssh.DiscardRequests(requests)
	p.running.Go(func() {
		_, _ = io.Copy(auth, channel)
		_ = auth.Close()
	})
	_, _ = io.Copy(channel, auth)
}

func TestDialThroughALoadBalancerThatEndsTLS(t *testing.T) {
	for _, legacy := range []bool{false, true} {
		t.Run(map[bool]string{false: "WebSocket", true: "the framing of Teleport 15"}[legacy], func(t *testing.T) {
			srv := teleporttest.ForTest(t, teleporttest.Options{})
			proxy := startProxy(t, srv.Addr(), true)
			balancer := startBalancer(t, srv, proxy, legacy)
			raw := issueRaw(t, srv, teleporttest.IdentityOptions{})
			id, err := ParseIdentity(Credentials{File: proxy.trustedBy(t, raw.File), PrivateCA: balancer.CA()}, time.Now())
			must(t, err)
			c, err := testDialer.Dial(t.Context(), balancer.Addr(), id)
			must(t, err)
			for range 3 {
				if _, err := c.Ping(t.Context()); err != nil {
					t.Error(err)
				}
			}
			must(t, c.Close())
		})
	}
}

// startBalancer serves a Proxy's web address without any protocol of Teleport's:
// only by an upgrade does a connection get to the Proxy.
func startBalancer(t *testing.T, srv *teleporttest.Server, proxy *fakeProxy, legacy bool) *teleporttest.Web {
	t.Helper()
	cert, err := srv.HostCertificate(net.IPv4(127, 0, 0, 1))
	must(t, err)
	inner := &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{constants.ALPNSNIProtocolReverseTunnel}}
	var own string
	upgrade := func(rw http.ResponseWriter, r *http.Request) {
		conn, buffered, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			return
		}
		kind, framed := "websocket", net.Conn(&serverSocket{Conn: conn, in: buffered.Reader})
		if legacy {
			kind, framed = "alpn-ping", pingconn.New(&resumed{Conn: conn, in: buffered.Reader})
		}
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: %s\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			kind, acceptFor(r.Header.Get("Sec-WebSocket-Key")))
		proxy.running.Go(func() { proxy.serve(tls.Server(framed, inner)) })
	}
	w := startWeb(t, func(w *teleporttest.Web, rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == constants.WebAPIConnUpgrade {
			upgrade(rw, r)
			return
		}
		teleporttest.ProxyAt(own, true)(w, rw, r)
	})
	own = w.Addr()
	return w
}

// serverSocket is the server's end of a WebSocket, which sends a ping before each
// frame and frames of one byte now and then.
type serverSocket struct {
	net.Conn
	in   *bufio.Reader
	left int
}

func (s *serverSocket) Read(p []byte) (int, error) {
	for s.left == 0 {
		head := make([]byte, 2)
		if _, err := io.ReadFull(s.in, head); err != nil {
			return 0, err
		}
		length := int(head[1] & 0x7f)
		if more := map[int]int{126: 2, 127: 8}[length]; more > 0 {
			long := make([]byte, 8)
			if _, err := io.ReadFull(s.in, long[8-more:]); err != nil {
				return 0, err
			}
			length = int(binary.BigEndian.Uint64(long))
		}
		if _, err := s.in.Discard(4); err != nil { // the mask, of zeros
			return 0, err
		}
		if head[0]&0x0f != frameBinary {
			if _, err := s.in.Discard(length); err != nil {
				return 0, err
			}
			continue
		}
		s.left = length
	}
	n, err := s.in.Read(p[:min(len(p), s.left)])
	s.left -= n
	return n, err
}

func (s *serverSocket) Write(p []byte) (int, error) {
	for sent := 0; sent < len(p); {
		n := min(len(p)-sent, 1+sent%1000)
		frame := append([]byte{finalFrame | framePing, 3}, "hey"...)
		frame = append(frame, finalFrame|frameBinary, 127)
		frame = binary.BigEndian.AppendUint64(frame, uint64(n))
		if _, err := s.Conn.Write(append(frame, p[sent:sent+n]...)); err != nil {
			return sent, err
		}
		sent += n
	}
	return len(p), nil
}

// A server's frames cost no memory, whatever length they claim.
func TestSocketRefusesWhatIsNoFrame(t *testing.T) {
	for name, sent := range map[string]string{
		"a long ping":     "\x89\x7f\x7f\xff\xff\xff\xff\xff\xff\xff",
		"a masked frame":  "\x82\x80\x00\x00\x00\x00",
		"an unknown kind": "\x83\x00",
		"text":            "\x81\x00",
		"a close":         "\x88\x00",
		"cut short":       "\x82\x7f\x00",
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			go func() {
				_, _ = io.WriteString(theirs, sent)
				_ = theirs.Close()
			}()
			if n, err := (&socket{Conn: ours}).Read(make([]byte, 10)); err == nil {
				t.Errorf("%d bytes were read", n)
			}
			_ = ours.Close()
		})
	}
	ours, theirs := net.Pipe()
	go func() { _, _ = io.WriteString(theirs, "\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"+"data") }()
	if n, err := (&socket{Conn: ours}).Read(make([]byte, 1<<10)); n != 4 || err != nil {
		t.Errorf("%d bytes of an endless frame, %v", n, err)
	}
	_, _ = ours.Close(), theirs.Close()
}
