package email

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// count counts the commands that a server got.
func (s *script) count(command string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.said {
		if line == command {
			n++
		}
	}
	return n
}

func post(t *testing.T, e *Email, m message.Message, key string) error {
	t.Helper()
	_, err := e.Post(t.Context(), messenger.Address{ID: "alice@example.com"}, m, key)
	return err
}

// TestAMailIsNotSentAgainWhileItsReplyMayCome: a server that looks at mail for longer than a call
// may take delivers it once, however often it is posted.
func TestAMailIsNotSentAgainWhileItsReplyMayCome(t *testing.T) {
	s := &script{thinks: time.Second}
	e := newSender(t, "smtp://"+s.start(t), 400*time.Millisecond)
	first := messenger.AsError(post(t, e, samples()["pending"], "key"))
	if !first.Unclear || first.Code != "timeout" || len(e.server.slots) != 0 {
		t.Errorf("the first post: %+v, with %d connections in use", first, len(e.server.slots))
	}
	var err error
	for range 10 {
		if err = post(t, e, samples()["pending"], "key"); err == nil {
			break
		}
		if failure := messenger.AsError(err); !failure.Unclear || failure.Code != "timeout" {
			t.Errorf("a post in between: %+v", failure)
		}
	}
	if err != nil || s.count("DATA") != 1 {
		t.Errorf("the last post: %v, and %d mails were sent", err, s.count("DATA"))
	}
	// The reply is taken: who posts again wants another mail.
	s.thinks = 0
	if err := post(t, e, samples()["pending"], "key"); err != nil || s.count("DATA") != 2 {
		t.Errorf("a post after that: %v, and %d mails were sent", err, s.count("DATA"))
	}
}

// TestALateRefusalIsOne, and another mail is not held up.
func TestALateRefusalIsOne(t *testing.T) {
	s := &script{thinks: 600 * time.Millisecond, replies: map[string]string{".": "554 5.7.1 " + canary}}
	e := newSender(t, "smtp://"+s.start(t), 400*time.Millisecond)
	if first := messenger.AsError(post(t, e, samples()["pending"], "key")); !first.Unclear {
		t.Errorf("the first post: %+v", first)
	}
	if other := messenger.AsError(post(t, e, samples()["pending"], "other")); !other.Unclear || s.count("DATA") != 2 {
		t.Errorf("another mail: %+v, and %d were sent", other, s.count("DATA"))
	}
	got := messenger.AsError(post(t, e, samples()["pending"], "key"))
	if got.Class != messenger.ContentRejected || got.Code != "554 5.7.1" || got.Unclear || s.count("DATA") != 2 {
		t.Errorf("the post again: %+v, and %d were sent", got, s.count("DATA"))
	}
}

// TestALateReplyThatNeverComes is no reason not to send the mail again.
func TestALateReplyThatNeverComes(t *testing.T) {
	s := &script{thinks: 600 * time.Millisecond, replies: map[string]string{".": canary}}
	e := newSender(t, "smtp://"+s.start(t), 400*time.Millisecond)
	if first := messenger.AsError(post(t, e, samples()["pending"], "key")); !first.Unclear {
		t.Errorf("the first post: %+v", first)
	}
	if got := messenger.AsError(post(t, e, samples()["pending"], "key")); got.Code != "no_smtp" || !got.Unclear {
		t.Errorf("garbage for a reply: %+v", got)
	}
	if again := messenger.AsError(post(t, e, samples()["pending"], "key")); !again.Unclear || s.count("DATA") != 2 {
		t.Errorf("the post after that: %+v, and %d were sent", again, s.count("DATA"))
	}
}

// TestLateRepliesAreBounded: a server that never replies to a mail does not gather connections.
func TestLateRepliesAreBounded(t *testing.T) {
	var late lateReplies
	end := make(chan struct{})
	wait := func() error { <-end; return nil }
	for i := range maxLate {
		if !late.keep(fmt.Sprint(i), wait) {
			t.Errorf("the reply %d is not waited for", i)
		}
	}
	if late.keep("one more", wait) {
		t.Error("one more reply is waited for")
	}
	close(end)
	for i := range maxLate {
		if err := late.take(t.Context(), fmt.Sprint(i), late.of(fmt.Sprint(i))); err != nil {
			t.Error(err)
		}
	}
	if len(late.byMail) != 0 || !late.keep("another", func() error { return errors.New("refused") }) {
		t.Errorf("%d replies are left", len(late.byMail))
	}
}

// TestAServerThatTakesFewMailsOverOneConnection gets the next over another at once.
func TestAServerThatTakesFewMailsOverOneConnection(t *testing.T) {
	for name, s := range map[string]*script{"says so": {only: 1}, "hangs up": {only: 1, silent: true}} {
		e := newSender(t, "smtp://"+s.start(t), generous)
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				if err := post(t, e, samples()["pending"], fmt.Sprint("key", i)); err != nil {
					t.Errorf("a server that %s: %v", name, err)
				}
			})
		}
		all.Wait()
		if n := s.count("DATA"); n != 12 {
			t.Errorf("a server that %s got %d mails", name, n)
		}
	}
}

// TestEveryReplyThatTakesAMail takes it, whatever its last digits.
func TestEveryReplyThatTakesAMail(t *testing.T) {
	s := &script{replies: map[string]string{".": "251 2.6.0 " + canary}}
	if err := post(t, newSender(t, "smtp://"+s.start(t), generous), samples()["pending"], "key"); err != nil {
		t.Error(err)
	}
}

// TestAConnectionThatEndsWithinAMail leaves no doubt: the end of the mail was not sent.
func TestAConnectionThatEndsWithinAMail(t *testing.T) {
	e, err := New(messenger.Config{URL: messenger.SchemePlainSMTP + "://mail.example.com", Settings: Descriptor().ExampleSettings()})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	e.server.network.DialContext = func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		all.Go(func() {
			defer func() { _ = theirs.Close() }()
			in := bufio.NewReader(theirs)
			_, _ = io.WriteString(theirs, "220 ready\r\n")
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == "DATA\r\n" {
					_, _ = io.WriteString(theirs, "354 go on\r\n")
					return
				}
				_, _ = io.WriteString(theirs, "250 OK\r\n")
			}
		})
		return ours, nil
	}
	if got := messenger.AsError(post(t, e, samples()["oversize"], "key")); got.Class != messenger.Transient || got.Unclear {
		t.Errorf("%+v", got)
	}
	all.Wait()
}
