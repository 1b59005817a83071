package teleport

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gravitational/teleport/api/constants"
	"github.com/gravitational/teleport/api/identityfile"
	"golang.org/x/crypto/ssh"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func TestDialThroughAProxyWithAPrivateCA(t *testing.T) {
	for _, tlsRouting := range []bool{true, false} {
		name := map[bool]string{true: "TLS routing", false: "plain tunnel"}[tlsRouting]
		t.Run(name, func(t *testing.T) {
			srv := startServer(t, teleporttest.Options{})
			proxy := startProxy(t, srv.Addr(), tlsRouting)
			raw := issueRaw(t, srv, teleporttest.IdentityOptions{})
			file := proxy.trustedBy(t, raw.File)

			id, err := ParseIdentity(Material{File: file, PrivateCA: proxy.ca()}, time.Now())
			must(t, err)
			c, err := testDialer.Dial(t.Context(), proxy.address(), id)
			must(t, err)
			pong, err := c.Ping(t.Context())
			must(t, err)
			if pong.ClusterName != "lab" {
				t.Errorf("reached cluster %q", pong.ClusterName)
			}
			must(t, c.Close())

			id, err = ParseIdentity(Material{File: file}, time.Now())
			must(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err = testDialer.Dial(ctx, proxy.address(), id)
			if !isReason(err, OtherCluster) || !strings.Contains(err.Error(), "private CA, which must be given") {
				t.Errorf("without the CA: %v\n%v", err, errors.Unwrap(err))
			}
		})
	}
}

// fakeProxy is a Proxy as far as its tunnel to the Auth server goes.
type fakeProxy struct {
	web     *httptest.Server
	hostCA  ssh.Signer
	config  *ssh.ServerConfig
	auth    string
	running sync.WaitGroup
}

func startProxy(t *testing.T, auth string, tlsRouting bool) *fakeProxy {
	t.Helper()
	p := &fakeProxy{auth: auth, hostCA: newSSHKey(t)}
	p.config = &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if _, ok := key.(*ssh.Certificate); !ok {
			return nil, errors.New("not a certificate")
		}
		return nil, nil
	}}
	p.config.AddHostKey(p.hostKey(t))

	tunnel := listen(t)
	p.running.Go(func() { p.serveTunnel(tunnel) })
	p.web = httptest.NewUnstartedServer(nil)
	p.web.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"proxy": map[string]any{
			"tls_routing_enabled": tlsRouting,
			"ssh":                 map[string]any{"public_addr": p.address(), "ssh_tunnel_public_addr": tunnel.Addr().String()},
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
