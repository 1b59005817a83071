package messengertest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"google.golang.org/grpc/test/bufconn"
)

// authority signs the certificates of simulated mail servers.
var authority = sync.OnceValue(func() (a struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
},
) {
	a.key = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Simulated authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	a.certificate = must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key))))
	return a
})

func must[T any](value T, err error) T {
	if err != nil {
		panic("a certificate of the simulator cannot be made: " + err.Error())
	}
	return value
}

// EmailCA is the authority that vouches for simulated mail servers, in PEM form.
func EmailCA() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority().certificate.Raw}))
}

// EmailRoots hold that authority, and no other.
func EmailRoots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(authority().certificate)
	return pool
}

// EmailCertificate is one for a host, of the authority of simulated mail servers.
func EmailCertificate(host string, ends time.Time) tls.Certificate {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, NotBefore: time.Unix(0, 0), NotAfter: ends,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, DNSNames: []string{host},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	}
	a := authority()
	return tls.Certificate{
		Certificate: [][]byte{must(x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key))}, PrivateKey: key,
	}
}

// certificates are those of simulated mail servers by their hosts.
var certificates sync.Map

func certificateFor(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	host := hello.ServerName
	if host == "" {
		// Clients name no address: it is the one that they have called.
		host = "127.0.0.1"
		if called, ok := hello.Conn.LocalAddr().(*net.TCPAddr); ok {
			host = called.IP.String()
		}
	}
	if known, ok := certificates.Load(host); ok {
		return known.(*tls.Certificate), nil
	}
	made := EmailCertificate(host, time.Unix(1<<33, 0))
	certificates.Store(host, &made)
	return &made, nil
}

// smtp makes what speaks to clients.
func (e *Email) smtp(calls *running) emailFront {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		if calls != nil && !calls.enter() {
			return nil, &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Shutting down"}
		}
		return newEmailSession(e, c, calls), nil
	}))
	server.Domain, server.ErrorLog = "mail.simulated", silent{}
	server.MaxRecipients, server.MaxMessageBytes, server.MaxLineLength = 1, 1<<20, 1000
	server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificateFor}
	return emailFront{server}
}

// emailFront answers clients of SMTP, and notices when they go.
type emailFront struct{ *smtp.Server }

// Serve implements front.
func (f emailFront) Serve(l net.Listener) error { return f.Server.Serve(watching{l}) }

// watching is a listener whose connections notice when their clients go.
type watching struct{ net.Listener }

// Accept implements net.Listener.
func (w watching) Accept() (net.Conn, error) {
	conn, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return newWatched(conn), nil
}

// watched is a connection that is read ahead.
type watched struct {
	net.Conn
	ahead *io.PipeReader
	// ctx ends when the client has gone.
	ctx context.Context
}

func newWatched(conn net.Conn) *watched {
	reader, writer := io.Pipe()
	ctx, gone := context.WithCancel(context.Background())
	go func() {
		_, err := io.Copy(writer, conn)
		gone()
		_ = writer.CloseWithError(cmp.Or(err, io.EOF))
	}()
	return &watched{conn, reader, ctx}
}

// Read implements net.Conn.
func (w *watched) Read(p []byte) (int, error) { return w.ahead.Read(p) }

// Close implements net.Conn.
func (w *watched) Close() error {
	_ = w.ahead.Close()
	return w.Conn.Close()
}

// single is a listener of one connection.
type single struct {
	net.Listener
	taken bool
}

// Accept implements net.Listener.
func (s *single) Accept() (net.Conn, error) {
	if s.taken {
		return nil, net.ErrClosed
	}
	s.taken = true
	return s.Listener.Accept()
}

// Transport leads to the server in memory, whatever host is named, for a client of SMTP.
func (e *Email) Transport() http.RoundTripper { return emailTransport{e} }

type emailTransport struct{ email *Email }

// TLS implements messenger.Networker.
func (emailTransport) TLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: EmailRoots()}
}

// DialContext implements messenger.Networker.
func (t emailTransport) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	if t.email.faults.refusing() {
		return nil, errRefused
	}
	listener := bufconn.Listen(1 << 18)
	server := t.email.smtp(nil)
	go func() { _ = server.Serve(&single{Listener: listener}) }()
	return listener.DialContext(ctx)
}

// RoundTrip implements http.RoundTripper.
func (emailTransport) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("a mail server does not speak HTTP")
}

// emailSession is a connection to the server.
type emailSession struct {
	email *Email
	conn  *smtp.Conn
	calls *running
	// ctx ends when the client has gone.
	ctx context.Context

	token    string
	from, to string
	// tried is true while a sender was named, and nothing else.
	tried bool
}

func newEmailSession(e *Email, c *smtp.Conn, calls *running) *emailSession {
	conn := c.Conn()
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	return &emailSession{email: e, conn: c, calls: calls, ctx: conn.(*watched).ctx}
}

// Logout implements smtp.Session.
func (s *emailSession) Logout() error {
	if s.calls != nil {
		s.calls.wg.Done()
	}
	return nil
}

// AuthMechanisms implements smtp.AuthSession.
func (*emailSession) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

// Auth implements smtp.AuthSession.
func (s *emailSession) Auth(mechanism string) (sasl.Server, error) {
	check := func(username, password string) error {
		s.email.server.lock.Lock()
		defer s.email.server.lock.Unlock()
		if t := s.email.tokens[password]; username != EmailUser || t == nil || t.refusal != "" {
			s.email.calls["login"]++
			return smtp.ErrAuthFailed
		}
		s.token = password
		return nil
	}
	if mechanism == sasl.Login {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return sasl.NewPlainServer(func(_, username, password string) error { return check(username, password) }), nil
}

// Mail implements smtp.Session.
func (s *emailSession) Mail(from string, options *smtp.MailOptions) error {
	switch {
	case s.token == "":
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	case from != "teleport@"+emailDomain:
		return &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Not your address"}
	case options.UTF8:
		return &smtp.SMTPError{Code: 555, EnhancedCode: smtp.EnhancedCode{5, 5, 4}, Message: "Not needed"}
	}
	s.from, s.tried = from, true
	return nil
}

// Rcpt implements smtp.Session.
func (s *emailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.tried = false
	s.email.server.lock.Lock()
	defer s.email.server.lock.Unlock()
	if s.email.mailbox(to) == nil {
		s.email.calls[emailPost]++
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox"}
	}
	s.to = to
	return nil
}

// Data implements smtp.Session.
func (s *emailSession) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	answer, err := s.hand(emailPost, body)
	switch {
	case err != nil:
		_ = s.conn.Conn().Close()
		return err
	case answer.status != 250:
		status, text, _ := bytes.Cut(answer.body, []byte(" "))
		return &smtp.SMTPError{Code: answer.status, EnhancedCode: smtp.NoEnhancedCode, Message: string(status) + " " + string(text)}
	}
	return nil
}

// Reset implements smtp.Session. After a sender, and nothing else, it is the end of a check.
func (s *emailSession) Reset() {
	if !s.tried {
		return
	}
	s.tried = false
	if _, err := s.hand(emailCheck, nil); err != nil {
		_ = s.conn.Conn().Close()
	}
}

// hand hands a call in that ends when the client goes.
func (s *emailSession) hand(method string, body []byte) (response, error) {
	request, err := http.NewRequestWithContext(s.ctx, method, "smtp://mail.simulated", nil)
	if err != nil {
		return response{}, err
	}
	request.Header.Set("From", s.from)
	request.Header.Set("To", s.to)
	return s.email.hand(request, body)
}

// silent is a log of go-smtp that is not read: what goes wrong is seen by the client.
type silent struct{}

// Printf implements smtp.Logger.
func (silent) Printf(string, ...any) {}

// Println implements smtp.Logger.
func (silent) Println(...any) {}
