package email

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// canary is part of everything that must never be in an error.
const canary = "canary"

// script is a mail server that says what it is told.
type script struct {
	// greets is the greeting; replies are those to the commands that begin with a word. Those
	// without one get "250 OK".
	greets  string
	replies map[string]string
	// certificate is shown to who asks for TLS; none means an expected one.
	certificate *tls.Certificate
	// implicit makes the connection one of TLS from the beginning.
	implicit bool
	// thinks is how long the reply to the end of a mail takes.
	thinks time.Duration
	// only is how many mails are taken over one connection, which is closed then: with a reply to
	// the next command, unless silent is set. 0 stands for any number.
	only   int
	silent bool
	// then does something else in place of answering.
	then func(net.Conn)

	mu   sync.Mutex
	said []string
}

// start serves, and returns the address.
func (s *script) start(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		open.Wait()
	})
	return listener.Addr().String()
}

func (s *script) config() *tls.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.certificate == nil {
		made := messengertest.EmailCertificate("127.0.0.1", time.Now().Add(time.Hour))
		s.certificate = &made
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*s.certificate}}
}

func (s *script) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	if s.then != nil {
		s.then(conn)
		return
	}
	if s.implicit {
		conn = tls.Server(conn, s.config())
	}
	secure := s.implicit
	reply := func(text string) { _, _ = io.WriteString(conn, strings.ReplaceAll(text, "\n", "\r\n")+"\r\n") }
	greets := s.greets
	if greets == "" {
		greets = "220 ready"
	}
	reply(greets)
	in := bufio.NewReader(conn)
	for taken := 0; ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		if s.only > 0 && taken >= s.only {
			if !s.silent {
				reply("421 4.7.0 too many mails over this connection")
			}
			return
		}
		s.note(line)
		command, _, _ := strings.Cut(strings.ToUpper(line), " ")
		text, scripted := s.replies[command]
		switch {
		case scripted && text == "":
			return
		case scripted && (command != "EHLO" || !strings.Contains(text, "STARTTLS") || !secure):
			reply(text)
		case command == "EHLO":
			reply("250-mail\n250-STARTTLS\n250 AUTH PLAIN")
		case command == "STARTTLS":
			reply("220 go ahead")
		case command == "AUTH":
			reply("235 2.7.0 in")
		case command == "DATA":
			reply("354 go on")
			for line != ".\r\n" {
				if line, err = in.ReadString('\n'); err != nil {
					return
				}
			}
			end, scripted := s.replies["."]
			if scripted && end == "" {
				return
			}
			if !scripted {
				end = "250 2.0.0 queued"
			}
			<-time.After(s.thinks) // a bubble has no network
			s.note(".")
			reply(end)
			taken++
		case command == "QUIT":
			reply("221 bye")
			return
		default:
			reply("250 OK")
		}
		if command == "STARTTLS" && (!scripted || strings.HasPrefix(text, "220")) {
			conn = tls.Server(conn, s.config())
			in, secure = bufio.NewReader(conn), true
		}
	}
}

func (s *script) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, line)
}

// heard reports whether a client has sent a command.
func (s *script) heard(command string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.said {
		if strings.HasPrefix(line, command) {
			return true
		}
	}
	return false
}

// sender returns a sender that logs in at an address, and waits so long at most.
func newSender(t *testing.T, address string, timeout time.Duration) *Email {
	t.Helper()
	client := messenger.NewHTTPClient(messenger.TransportConfig{
		AllowLoopback: true, Roots: messengertest.EmailRoots(), Timeout: timeout,
	})
	e, err := New(messenger.Config{
		URL: address, Settings: Descriptor().ExampleSettings(), HTTPClient: client,
		Secrets: messenger.Secrets{SecretUsername: "user", SecretPassword: canary},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const generous = 20 * time.Second

// fails sends a mail that must fail, and returns how. Nothing of a reply is repeated.
func fails(t *testing.T, e *Email) *messenger.Error {
	t.Helper()
	_, err := e.Post(t.Context(), messenger.Address{ID: "alice@example.com"}, samples()["pending"], "key")
	failure, ok := errors.AsType[*messenger.Error](err)
	if !ok {
		t.Fatalf("Post = %v, want an *Error", err)
	}
	if shown := fmt.Sprintf("%v %#v", failure, failure); strings.Contains(shown, canary) || strings.Contains(shown, "127.0.0.1") {
		t.Errorf("the error says %s", shown)
	}
	return failure
}

// TestRepliesAtEachStep are what they are there, and a password is sent to who shows a good
// certificate only.
func TestRepliesAtEachStep(t *testing.T) {
	for name, tt := range map[string]struct {
		script  *script
		class   messenger.Class
		code    string
		unclear bool
	}{
		"greeting refused":   {&script{greets: "554 5.7.1 " + canary}, messenger.MessengerPermanent, "554 5.7.1", false},
		"greeting busy":      {&script{greets: "421 4.3.2 " + canary}, messenger.Throttled, "421 4.3.2", false},
		"no EHLO":            {&script{replies: map[string]string{"EHLO": "502 " + canary, "HELO": "250 OK"}}, messenger.MessengerPermanent, "starttls_not_offered", false},
		"STARTTLS refused":   {&script{replies: map[string]string{"STARTTLS": "454 4.7.0 " + canary}}, messenger.Throttled, "454 4.7.0", false},
		"wrong password":     {&script{replies: map[string]string{"AUTH": "535 5.7.8 " + canary}}, messenger.MessengerPermanent, "535 5.7.8", false},
		"too many logins":    {&script{replies: map[string]string{"AUTH": "454 4.7.0 " + canary}}, messenger.Throttled, "454 4.7.0", false},
		"weak mechanism":     {&script{replies: map[string]string{"AUTH": "534 5.7.9 " + canary}}, messenger.MessengerPermanent, "534 5.7.9", false},
		"wants TLS":          {&script{replies: map[string]string{"AUTH": "538 5.7.11 " + canary}}, messenger.MessengerPermanent, "538 5.7.11", false},
		"no login":           {&script{implicit: true, replies: map[string]string{"EHLO": "250-mail\n250 SIZE"}}, messenger.MessengerPermanent, "auth_not_offered", false},
		"sender refused":     {&script{replies: map[string]string{"MAIL": "550 5.7.1 " + canary}}, messenger.MessengerPermanent, "550 5.7.1", false},
		"sender later":       {&script{replies: map[string]string{"MAIL": "451 " + canary}}, messenger.Throttled, "451", false},
		"wants a login":      {&script{replies: map[string]string{"MAIL": "530 5.7.0 " + canary}}, messenger.MessengerPermanent, "530 5.7.0", false},
		"no mailbox":         {&script{replies: map[string]string{"RCPT": "550 5.1.1 " + canary}}, messenger.RecipientPermanent, "550 5.1.1", false},
		"no mailbox, plain":  {&script{replies: map[string]string{"RCPT": "550 " + canary}}, messenger.RecipientPermanent, "550", false},
		"relay denied":       {&script{replies: map[string]string{"RCPT": "554 5.7.1 " + canary}}, messenger.RecipientPermanent, "554 5.7.1", false},
		"relay denied later": {&script{replies: map[string]string{"RCPT": "454 4.7.1 " + canary}}, messenger.RecipientPermanent, "454 4.7.1", false},
		"greylisted":         {&script{replies: map[string]string{"RCPT": "450 4.7.1 " + canary}}, messenger.Throttled, "450 4.7.1", false},
		"greylisted, plain":  {&script{replies: map[string]string{"RCPT": "451 " + canary}}, messenger.Throttled, "451", false},
		"mailbox full":       {&script{replies: map[string]string{"RCPT": "452 4.2.2 " + canary}}, messenger.Throttled, "452 4.2.2", false},
		"DATA refused":       {&script{replies: map[string]string{"DATA": "554 " + canary}}, messenger.ContentRejected, "554", false},
		"too large":          {&script{replies: map[string]string{".": "552 5.3.4 " + canary}}, messenger.ContentRejected, "552 5.3.4", false},
		"spam":               {&script{replies: map[string]string{".": "554 5.7.1 " + canary}}, messenger.ContentRejected, "554 5.7.1", false},
		"not stored":         {&script{replies: map[string]string{".": "451 4.3.0 " + canary}}, messenger.Transient, "451 4.3.0", false},
		"cut before DATA":    {&script{replies: map[string]string{"RCPT": ""}}, messenger.Transient, "connection_failed", false},
		"cut after DATA":     {&script{replies: map[string]string{".": ""}}, messenger.Transient, "connection_lost", true},
		"no reply but words": {&script{replies: map[string]string{"MAIL": canary}}, messenger.Transient, "no_smtp", false},
		"too many at once":   {&script{replies: map[string]string{".": "432 4.3.2 " + canary}}, messenger.Throttled, "432 4.3.2", false},
		"a rate":             {&script{replies: map[string]string{".": "454 " + canary}}, messenger.Throttled, "454", false},
		"a limit of a day":   {&script{replies: map[string]string{"RCPT": "550 5.4.5 " + canary}}, messenger.Throttled, "550 5.4.5", false},
		"send as, new":       {&script{replies: map[string]string{".": "554 5.2.252 SendAsDenied; " + canary}}, messenger.MessengerPermanent, "554 5.2.252", false},
		"send as, old":       {&script{replies: map[string]string{".": "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException; " + canary}}, messenger.MessengerPermanent, "554 5.2.0", false},
		"a quota":            {&script{replies: map[string]string{".": "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; " + canary}}, messenger.Throttled, "554 5.2.0", false},
		"not verified":       {&script{replies: map[string]string{".": "554 Message rejected: Email address is not verified. " + canary}}, messenger.MessengerPermanent, "554", false},
		"words after DATA":   {&script{replies: map[string]string{".": canary}}, messenger.Transient, "no_smtp", true},
	} {
		t.Run(name, func(t *testing.T) {
			address := tt.script.start(t)
			scheme := map[bool]string{false: "smtp://", true: "smtps://"}[tt.script.implicit]
			got := fails(t, newSender(t, scheme+address, generous))
			if got.Class != tt.class || got.Unclear != tt.unclear || got.Code != tt.code {
				t.Errorf("%+v, want class %s, code %s, unclear %t", got, tt.class, tt.code, tt.unclear)
			}
		})
	}
}

// TestServersThatLieAboutTLS get neither a password nor a mail, and each is told from others.
func TestServersThatLieAboutTLS(t *testing.T) {
	stranger := messengertest.EmailCertificate("mail.example.org", time.Now().Add(time.Hour))
	expired := messengertest.EmailCertificate("127.0.0.1", time.Now().Add(-time.Hour))
	plain := map[string]string{"EHLO": "250-mail\n250 AUTH PLAIN"}
	for name, tt := range map[string]struct {
		script *script
		scheme string
		class  messenger.Class
		code   string
		says   string
	}{
		"STARTTLS is not offered": {&script{replies: plain}, "smtp", messenger.MessengerPermanent, "starttls_not_offered", "does not offer STARTTLS, or something in between hides"},
		"no STARTTLS, and a password": {
			&script{replies: plain}, messenger.SchemeOpportunistic, messenger.MessengerPermanent, "password_needs_tls", "without TLS no password is sent",
		},
		"replies before TLS": {
			&script{replies: map[string]string{"STARTTLS": "220 go ahead\n250-mail\n250 AUTH PLAIN"}}, "smtp",
			messenger.MessengerPermanent, "starttls_injected", "before the connection was secure",
		},
		"clear text in place of TLS": {&script{replies: map[string]string{"STARTTLS": "250 " + canary}}, "smtp", messenger.Transient, "250", ""},
		"another name":               {&script{certificate: &stranger}, "smtp", messenger.Transient, "tls_failed", "other host names"},
		"another name, implicit":     {&script{certificate: &stranger, implicit: true}, "smtps", messenger.Transient, "tls_failed", "other host names"},
		"an expired certificate":     {&script{certificate: &expired}, "smtp", messenger.Transient, "tls_failed", "has expired"},
		"no TLS at port 465":         {&script{}, "smtps", messenger.Transient, "tls_failed", "does not speak TLS where it should"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newSender(t, tt.scheme+"://"+tt.script.start(t), generous)
			if tt.code == "password_needs_tls" {
				// A name that is not that of this machine.
				e.server.settings.host = "mail.example.com"
			}
			got := fails(t, e)
			text := messenger.Remote{Service: "Email", Host: "mail"}.Explain(got)
			if got.Class != tt.class || got.Code != tt.code || got.Unclear || !strings.Contains(text, tt.says) {
				t.Errorf("%+v: %s, want class %s, code %s, and that it %q", got, text, tt.class, tt.code, tt.says)
			}
			for _, secret := range []string{"AUTH", "MAIL", "DATA"} {
				if tt.script.heard(secret) {
					t.Errorf("the server was told %s", secret)
				}
			}
		})
	}
}

// TestServersThatTakeTooLong are given up in time, and what they send is bounded.
func TestServersThatTakeTooLong(t *testing.T) {
	for name, tt := range map[string]struct {
		then func(net.Conn)
		code string
	}{
		"says nothing": {func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, "timeout"},
		"drips": {func(c net.Conn) {
			for range time.Tick(time.Millisecond) {
				if _, err := io.WriteString(c, "220-x\r\n"); err != nil {
					return
				}
			}
		}, "timeout"},
		"never ends": {func(c net.Conn) {
			flood := strings.Repeat("220-"+strings.Repeat("x", 500)+"\r\n", 100)
			for {
				if _, err := io.WriteString(c, flood); err != nil {
					return
				}
			}
		}, messenger.CodeTooLarge},
		"one endless line": {func(c net.Conn) {
			for {
				if _, err := io.WriteString(c, strings.Repeat("x", 1<<16)); err != nil {
					return
				}
			}
		}, messenger.CodeTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			timeout := 400 * time.Millisecond
			if tt.code == messenger.CodeTooLarge {
				timeout = generous
			}
			address := (&script{then: tt.then}).start(t)
			begin := time.Now()
			if got := fails(t, newSender(t, "smtp://"+address, timeout)); got.Code != tt.code || got.Unclear {
				t.Errorf("%+v, want the code %s", got, tt.code)
			}
			if took := time.Since(begin); took > generous/2 {
				t.Errorf("took %s", took)
			}
		})
	}
}

// TestConnectionsAreHandedOn to calls that wait, and are closed where none does.
func TestConnectionsAreHandedOn(t *testing.T) {
	s := &script{}
	e := newSender(t, "smtp://"+s.start(t), generous)
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			if _, err := e.Post(t.Context(), messenger.Address{ID: "alice@example.com"}, samples()["pending"], fmt.Sprint("key", i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	logins, mails := 0, 0
	for _, line := range s.said {
		if strings.HasPrefix(line, "AUTH") {
			logins++
		}
		if strings.HasPrefix(line, "MAIL") {
			mails++
		}
	}
	if mails != 12 || logins > 11 || len(e.server.slots) != 0 {
		t.Errorf("%d mails over %d connections, of which %d are open", mails, logins, len(e.server.slots))
	}
}

// TestTheGuardApplies to mail servers.
func TestTheGuardApplies(t *testing.T) {
	e, err := New(messenger.Config{URL: "smtp://169.254.169.254:25", Settings: Descriptor().ExampleSettings()})
	if err != nil {
		t.Fatal(err)
	}
	if got := fails(t, e); got.Class != messenger.MessengerPermanent || !strings.HasSuffix(got.Code, "_address") {
		t.Errorf("%+v", got)
	}
}

// TestACallEndsWithItsContext also while it waits for a connection.
func TestACallEndsWithItsContext(t *testing.T) {
	address := (&script{then: func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }}).start(t)
	e := newSender(t, "smtp://"+address, generous)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	var all sync.WaitGroup
	for range maxConnections + 2 {
		all.Go(func() {
			_, err := e.Post(ctx, messenger.Address{ID: "alice@example.com"}, samples()["pending"], "key")
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Post = %v", err)
			}
		})
	}
	all.Wait()
}
