package canary

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// mailFront stands before a mail server. While it is hostile, it answers by itself, with what it
// was told.
type mailFront struct {
	net.Listener
	target      string
	certificate tls.Certificate
	hostile     atomic.Bool
	answers     atomic.Int64
	running     sync.WaitGroup
}

func newMailFront(t *testing.T, service string) *mailFront {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &mailFront{
		Listener: listener, target: strings.TrimPrefix(service, "smtp://"),
		certificate: messengertest.EmailCertificate("127.0.0.1", time.Now().Add(time.Hour)),
	}
	f.running.Go(f.accept)
	t.Cleanup(func() {
		_ = f.Close()
		f.running.Wait()
	})
	return f
}

func (f *mailFront) url() string { return "smtp://" + f.Addr().String() }

// setHostile makes the front answer by itself, or not any more.
func (f *mailFront) setHostile(on bool) { f.hostile.Store(on) }

// echoed is how often the front has answered by itself.
func (f *mailFront) echoed() int { return int(f.answers.Load()) }

func (f *mailFront) accept() {
	for {
		conn, err := f.Accept()
		if err != nil {
			return
		}
		f.running.Go(func() {
			defer func() { _ = conn.Close() }()
			if f.hostile.Load() {
				f.converse(conn)
				return
			}
			f.pass(conn)
		})
	}
}

// pass hands a connection on.
func (f *mailFront) pass(conn net.Conn) {
	server, err := net.Dial("tcp", f.target)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	var ways sync.WaitGroup
	for _, pair := range [][2]net.Conn{{conn, server}, {server, conn}} {
		ways.Go(func() {
			_, _ = io.Copy(pair[0], pair[1])
			_, _ = pair[0].Close(), pair[1].Close()
		})
	}
	ways.Wait()
}

// converse answers as a mail server that repeats what it hears. It refuses the login in every
// other conversation, and the mail in the others.
func (f *mailFront) converse(conn net.Conn) {
	turn := f.answers.Add(1)
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	in := bufio.NewReader(conn)
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(conn, format+"\r\n", args...) }
	say("220 hostile ESMTP")
	for login := ""; ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch verb {
		case "EHLO":
			say("250-hostile\r\n250-STARTTLS\r\n250-ENHANCEDSTATUSCODES\r\n250 AUTH PLAIN LOGIN")
		case "STARTTLS":
			say("220 go on")
			secure := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{f.certificate}, MinVersion: tls.VersionTLS12})
			conn, in = secure, bufio.NewReader(secure)
		case "AUTH":
			if login = line; turn%2 == 1 {
				say("535 5.7.8 you said %s", login)
				continue
			}
			say("235 2.7.0 you said %s", login)
		case "DATA":
			say("354 go on")
			said := readMail(in)
			say("554 5.7.1 you said %s %s", login, said[:min(len(said), 400)])
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 2.0.0 you said %s", line)
		}
	}
}

// readMail returns a mail on one line.
func readMail(in *bufio.Reader) string {
	var lines []string
	for {
		line, err := in.ReadString('\n')
		if line = strings.TrimSpace(line); err != nil || line == "." {
			return strings.Join(lines, " ")
		}
		lines = append(lines, line)
	}
}
