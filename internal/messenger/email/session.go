package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// quitTimeout is how long the end of a connection is waited for that is not needed any more.
const quitTimeout = time.Second

// step is what a connection has come to.
type step int

// The steps.
const (
	connecting step = iota
	greeting
	securing
	loggingIn
	sender
	recipient
	beginning
	ending
)

// stepError is an error with the step that it came at.
type stepError struct {
	step step
	err  error
	// unclear is true where the call may have taken effect.
	unclear bool
}

// Error implements error.
func (f *stepError) Error() string { return fmt.Sprintf("step %d: %v", f.step, f.err) }

// Unwrap returns the error.
func (f *stepError) Unwrap() error { return f.err }

// What a server does not offer, or has to.
var (
	errNoStartTLS   = errors.New("no STARTTLS")
	errNoAuth       = errors.New("no AUTH")
	errNoMechanism  = errors.New("no mechanism of AUTH that is known")
	errClearTextPwd = errors.New("a password would go over a connection without TLS")
)

// session is a connection to a mail server.
type session struct {
	conn   net.Conn
	client *smtp.Client
	// secure is true once the connection is one of TLS.
	secure bool
	step   step
	// calls is how many calls were made over it, and late is true once one has come to its end
	// in time just so.
	calls int
	late  bool
	// committed is true from when the call may take effect.
	committed bool
	// release stops the end of the call from being that of the connection, and reports whether it
	// has not been that yet.
	release func() bool
	// kept is true once someone else waits for a reply, and closes the connection then.
	kept bool
}

// until has the connection fail when ctx ends.
func (s *session) until(ctx context.Context) (stop func()) {
	open := s.conn
	end := context.AfterFunc(ctx, func() { _ = open.SetDeadline(time.Unix(1, 0)) })
	s.release = sync.OnceValue(end)
	return func() { s.late = !s.release() || s.late }
}

// worn reports whether no further call should be made over the connection.
func (s *session) worn() bool { return s.late || s.calls >= maxCalls }

// run makes a call, over a connection that is opened if it is not.
func (s *session) run(ctx context.Context, server *server, use func(context.Context, *session) error) error {
	s.calls++
	s.committed = false
	err := s.open(ctx, server)
	if err == nil {
		stop := s.until(ctx)
		err = use(ctx, s)
		stop()
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && !errors.Is(err, errTooMuch) && !errors.Is(err, errInjected) {
		err = context.Cause(ctx)
	}
	return &stepError{s.step, err, s.committed}
}

// open connects, makes the connection secure, and logs in.
func (s *session) open(ctx context.Context, server *server) (err error) {
	if s.client != nil {
		return nil
	}
	s.step = connecting
	conn, err := server.network.DialContext(ctx, "tcp", server.settings.address)
	if err != nil {
		return err
	}
	s.conn = &wire{Conn: conn, left: maxRead}
	stop := s.until(ctx)
	defer stop()
	return s.begin(ctx, server.settings, tlsConfig(server.network.TLS, server.settings.host))
}

func tlsConfig(from *tls.Config, host string) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if from != nil {
		config = from.Clone()
	}
	config.ServerName, config.NextProtos = host, nil
	return config
}

func (s *session) begin(ctx context.Context, to settings, config *tls.Config) (err error) {
	over := s.conn
	if to.policy == implicitTLS {
		s.step = securing
		secured := tls.Client(s.conn, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return err
		}
		over, s.secure = secured, true
	}
	s.step = greeting
	if s.client, err = smtp.NewClient(over, to.host); err != nil {
		return err
	}
	if err := s.client.Hello(to.domain); err != nil {
		return err
	}
	if err := s.makeSecure(to.policy, config); err != nil {
		return err
	}
	return s.logIn(to)
}

// makeSecure goes on with TLS, where that is not so already.
func (s *session) makeSecure(p policy, config *tls.Config) error {
	if s.secure || p == plainText {
		return nil
	}
	s.step = securing
	offered, _ := s.client.Extension("STARTTLS")
	if !offered && p == opportunistic {
		return nil
	}
	if !offered {
		return errNoStartTLS
	}
	if err := s.client.StartTLS(config); err != nil {
		return err
	}
	s.secure = true
	return nil
}

// logIn logs in, where there is a login. A password is sent over TLS only, or to this machine.
func (s *session) logIn(to settings) error {
	if to.password == "" {
		return nil
	}
	s.step = loggingIn
	if !s.secure && !isThisMachine(to.host) {
		return errClearTextPwd
	}
	offered, mechanisms := s.client.Extension("AUTH")
	if !offered {
		return errNoAuth
	}
	known := strings.Fields(strings.ToUpper(mechanisms))
	switch {
	case slices.Contains(known, "PLAIN"):
		return s.client.Auth(smtp.PlainAuth("", to.username, to.password, to.host, false))
	case slices.Contains(known, "LOGIN"):
		return s.client.Auth(smtp.LoginAuth(to.username, to.password, to.host, false))
	default:
		return errNoMechanism
	}
}

// try names the sender, and takes that back.
func (s *session) try(from string) error {
	s.step, s.committed = sender, true
	s.client.SkipSMTPUTF8(true)
	if err := s.client.Mail("<" + from + ">"); err != nil {
		return err
	}
	return s.client.Reset()
}

// send sends a mail. A reply to its end that does not come before ctx ends is offered to keep,
// which reports whether someone waits for it.
func (s *session) send(ctx context.Context, from, to string, mail []byte, keep func(late func() error) bool) error {
	s.step = sender
	s.client.SkipSMTPUTF8(true)
	if err := s.client.Mail("<" + from + ">"); err != nil {
		return err
	}
	s.step = recipient
	if err := s.client.Rcpt("<" + to + ">"); err != nil {
		return err
	}
	s.step = beginning
	body, err := s.client.Data()
	if err != nil {
		return err
	}
	s.step = ending
	if _, err := body.Write(mail); err != nil {
		return err
	}
	if !s.release() {
		return context.Cause(ctx)
	}
	// The server may take a mail whose end it has seen.
	s.committed = true
	return s.end(ctx, body, keep)
}

// end sends the end of a mail, and waits for the reply.
func (s *session) end(ctx context.Context, body io.Closer, keep func(late func() error) bool) error {
	_ = s.conn.SetDeadline(time.Now().Add(replyWithin))
	replied := make(chan error, 1)
	go func() { replied <- taken(body.Close()) }()
	select {
	case err := <-replied:
		_ = s.conn.SetDeadline(time.Time{})
		return err
	case <-ctx.Done():
	}
	s.kept = keep(func() error {
		defer s.close()
		if err := <-replied; err != nil {
			return &stepError{ending, err, true}
		}
		return nil
	})
	return context.Cause(ctx)
}

// taken is nil for every reply that says that a mail is taken: servers differ in how they say it.
func taken(err error) error {
	if reply, ok := errors.AsType[*textproto.Error](err); ok && reply.Code/100 == 2 {
		return nil
	}
	return err
}

// quit ends a connection that nothing went wrong with, as a server expects.
func (s *session) quit(deadline time.Time) {
	if s.client != nil {
		_ = s.conn.SetDeadline(deadline)
		_ = s.client.Quit()
	}
	s.close()
}

// isStale reports whether a connection that an earlier call was made over has ended, or is being
// ended, before this one had begun: servers take only so many mails over one.
func (s *session) isStale(err error) bool {
	failed, ok := errors.AsType[*stepError](err)
	if !ok || s.calls < 2 || failed.step != sender {
		return false
	}
	reply, answered := errors.AsType[*textproto.Error](err)
	return answered && reply.Code == 421 || errors.Is(err, io.EOF) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

// close ends a connection at once.
func (s *session) close() {
	if s.conn != nil {
		_ = s.conn.Close()
	}
}
