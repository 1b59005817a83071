//go:build e2e

package postfix_test

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/email"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/test/e2e/postfix"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

var server *postfix.Server

func TestMain(m *testing.M) {
	daemons := os.Getenv("E2E_POSTFIX")
	if daemons == "" {
		fmt.Fprintln(os.Stderr, "E2E_POSTFIX is not set: run `make test-e2e`, which gets what these tests need and sets it")
		os.Exit(1)
	}
	var err error
	if server, err = postfix.Start(context.Background(), daemons, "alice", "bob", "carol", "dora", "erin"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// sender returns one who sends to the server, as after a start of the operator.
func sender(t *testing.T, scheme string) *email.Email {
	t.Helper()
	e, err := email.New(messenger.Config{
		URL: scheme + "://" + server.Address(), Settings: map[string]string{"from": "Teleport Übung <teleport@example.com>"},
		HTTPClient: messenger.NewHTTPClient(messenger.TransportConfig{
			AllowLoopback: true, Roots: messengertest.EmailRoots(), Timeout: time.Minute,
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// about returns a message about a request of a hostile requester.
func about(state accessrequest.State) message.Message {
	now := time.Now()
	return message.New(accessrequest.Request{
		ID: "0193f1a2-7c1d-7b3e-9a55-3f6f0e6c1d2b", User: "zoë@example.com\r\nBcc: bob@example.com", Roles: []string{"editor"},
		Reason: "Ticket\n.\n..\nFrom here\r\n\r\n<b>on</b>", State: state, Created: now, Expires: now.Add(time.Hour),
	}, accessrequest.Cluster{Name: "prod\r\nX-Evil: 1", ProxyAddr: "teleport.example.com:443", WebReviews: true})
}

func address(mailbox string) messenger.Address {
	return messenger.Address{ID: mailbox + "@" + postfix.Domain, Direct: true}
}

// delivered waits until there are so many mails in a mailbox, and returns them, the oldest first.
func delivered(t *testing.T, mailbox string, n int) []*mail.Message {
	t.Helper()
	var texts []string
	wait.Test(t, time.Minute, fmt.Sprintf("%d mails for %s", n, mailbox), func() (err error) {
		if texts, err = server.Mail(mailbox); err == nil && len(texts) != n {
			err = fmt.Errorf("there are %d:\n%s", len(texts), server.Log())
		}
		return err
	})
	var mails []*mail.Message
	for _, text := range texts {
		parsed, err := mail.ReadMessage(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		mails = append(mails, parsed)
	}
	// What follows a mail refers to more.
	slices.SortFunc(mails, func(a, b *mail.Message) int { return len(a.Header.Get("References")) - len(b.Header.Get("References")) })
	return mails
}

// TestAThread is one also where the operator is started anew in between.
func TestAThread(t *testing.T) {
	first, err := sender(t, "smtp").Post(t.Context(), address("alice"), about(accessrequest.Pending), "key")
	if err != nil {
		t.Fatalf("Post: %v\n%s", err, server.Log())
	}
	if _, err := sender(t, "smtp").Follow(t.Context(), address("alice"), first, about(accessrequest.Approved), "follow"); err != nil {
		t.Fatalf("Follow: %v\n%s", err, server.Log())
	}
	mails := delivered(t, "alice", 2)
	pending, approved := mails[0].Header, mails[1].Header
	id := pending.Get("Message-Id")
	if id != "<"+first.ID+"@example.com>" || approved.Get("In-Reply-To") != id || pending.Get("In-Reply-To") != "" {
		t.Errorf("the ids are %q, and %q in reply to %q", id, approved.Get("Message-Id"), approved.Get("In-Reply-To"))
	}
	if root := pending.Get("References"); approved.Get("References") != root+" "+id || approved.Get("Subject") != pending.Get("Subject") {
		t.Errorf("the references are %q and %q, the subjects %q and %q", root, approved.Get("References"), pending.Get("Subject"), approved.Get("Subject"))
	}
	for _, header := range []mail.Header{pending, approved} {
		if header.Get("Bcc") != "" || header.Get("X-Evil") != "" || header.Get("To") != "<alice@example.com>" || header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("the headers are %v", header)
		}
		if !strings.Contains(header.Get("Received"), "using TLS") || header.Get("Return-Path") != "<teleport@example.com>" {
			t.Errorf("received %q from %q, want it to be by TLS", header.Get("Received"), header.Get("Return-Path"))
		}
		from, err := header.AddressList("From")
		if err != nil || from[0].Name != "Teleport Übung" {
			t.Errorf("it is from %v, %v", from, err)
		}
	}
	if mails, err := server.Mail("bob"); err != nil || len(mails) != 0 {
		t.Errorf("someone else got %d mails, %v", len(mails), err)
	}
}

// fails wants a failed call to be of a class, and nothing to be in doubt.
func fails(t *testing.T, what string, err error, class messenger.Class, code string) {
	t.Helper()
	e, ok := errors.AsType[*messenger.Error](err)
	if !ok || e.Class != class || e.Code != code || e.Unclear {
		t.Errorf("%s = %v, %+v, want the class %s and the code %s\n%s", what, err, e, class, code, server.Log())
	}
}

// TestRefusals are what they are.
func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		to, answer string
		class      messenger.Class
		code       string
	}{
		{"stranger@example.com", "", messenger.RecipientPermanent, "550 5.1.1"},
		{"bob@example.org", "", messenger.RecipientPermanent, "454 4.7.1"},
		{"erin@example.com", "552 5.2.2 Mailbox full", messenger.RecipientPermanent, "552 5.2.2"},
		{"erin@example.com", "554 5.7.1 Not from you", messenger.RecipientPermanent, "554 5.7.1"},
		{"erin@example.com", "421 4.7.0 Go away for now", messenger.Throttled, "421 4.7.0"},
	} {
		if err := server.Refuse("erin", tt.answer); err != nil {
			t.Fatal(err)
		}
		_, err := sender(t, "smtp").Post(t.Context(), messenger.Address{ID: tt.to}, about(accessrequest.Pending), "key")
		fails(t, tt.to+" with "+tt.answer, err, tt.class, tt.code)
	}
	if err := server.Refuse("erin", ""); err != nil {
		t.Fatal(err)
	}
	_, err := sender(t, "smtps").Post(t.Context(), address("erin"), about(accessrequest.Pending), "key")
	fails(t, "TLS from the beginning", err, messenger.Transient, "tls_failed")
	_, err = sender(t, messenger.SchemePlainSMTP).Post(t.Context(), address("erin"), about(accessrequest.Pending), "key")
	fails(t, "no TLS at all", err, messenger.MessengerPermanent, "530 5.7.0")
	if mails, err := server.Mail("erin"); err != nil || len(mails) != 0 {
		t.Errorf("%d mails were delivered nevertheless, %v", len(mails), err)
	}
}

// TestAGreylist takes a mail later, once.
func TestAGreylist(t *testing.T) {
	if err := server.Refuse("carol", "450 4.2.0 Greylisted, come back later"); err != nil {
		t.Fatal(err)
	}
	_, err := sender(t, "smtp").Post(t.Context(), address("carol"), about(accessrequest.Pending), "key")
	fails(t, "Post", err, messenger.Throttled, "450 4.2.0")
	if e := messenger.AsError(err); e.Scope != messenger.ScopeAddress || e.RetryAfter < time.Minute {
		t.Errorf("the scope is %d for %s, want others not to wait", e.Scope, e.RetryAfter)
	}
	if err := server.Refuse("carol", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := sender(t, "smtp").Post(t.Context(), address("carol"), about(accessrequest.Pending), "key"); err != nil {
		t.Errorf("Post after that: %v\n%s", err, server.Log())
	}
	delivered(t, "carol", 1)
}

// TestMailOfEveryKind is delivered, but for what is too large for the server.
func TestMailOfEveryKind(t *testing.T) {
	large, rest := 0, 0
	for name, m := range conformance.Whole(time.Now(), conformance.Typed{Hostile: "x\r\n.\r\nQUIT\r\n\x00", Filler: "é & < ", Role: "role", Refusal: "No.\n.\nNo."}) {
		_, err := sender(t, "smtp").Post(t.Context(), address("dora"), m, name)
		if messenger.HasCode(err, "552 5.3.4") {
			fails(t, name, err, messenger.ContentRejected, "552 5.3.4")
			large++
			continue
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, server.Log())
		}
		rest++
	}
	if large == 0 || rest == 0 {
		t.Errorf("%d mails were too large, and %d were not", large, rest)
	}
	delivered(t, "dora", rest)
}
