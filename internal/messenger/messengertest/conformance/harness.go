package conformance

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// canary is part of everything that must never be in an error: the token, the
// host, what a response says, and what people typed.
const canary = "canary"

const (
	token       = "xoxb-" + canary + "-token"
	host        = canary + ".example"
	channelName = "access-requests"
	email       = "alice@example.com"
	alice       = "alice"
)

// Keys have the length of the engine's own.
const (
	key      = "abcdefghijklmnopqrstuvwx"
	otherKey = "zyxwvutsrqponmlkjihgfedc"
	replyKey = "bbbbbbbbbbbbbbbbbbbbbbbb"
)

// bench is a bot of a simulated service, and a channel to post in.
type bench struct {
	subject Subject
	sim     messengertest.Simulator
	client  *http.Client
	url     string
	bot     messenger.Messenger
	to      messenger.Address

	mu sync.Mutex
	// latest is how each message looks, and replies the last reply to each.
	latest, replies map[messenger.Ref]messengertest.Post
}

// inMemory returns a bench without a network, fit for testing/synctest.
func inMemory(t *testing.T, subject Subject, options messengertest.Options) *bench {
	t.Helper()
	options.Token = token
	sim := subject.Simulate(options)
	return newBench(t, subject, sim, subject.client(sim), subject.address(host))
}

// Bot returns a bot of a simulated service, with an API at the path, without a
// network.
func Bot[M messenger.Messenger](t *testing.T, service messengertest.Simulator, path string, construct func(messenger.Config) (M, error)) M {
	t.Helper()
	bot, err := construct(messenger.Config{
		Secrets:    messenger.Token(messengertest.DefaultToken),
		URL:        "http://chat.simulated" + path,
		HTTPClient: &http.Client{Transport: service.Transport()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return bot
}

// overNetwork returns a bench on the loopback interface, with the client that
// the operator uses.
func overNetwork(t *testing.T, subject Subject, timeout time.Duration) *bench {
	t.Helper()
	sim := subject.Simulate(messengertest.Options{Token: token})
	if err := sim.Listen(""); err != nil {
		t.Fatal(err)
	}
	client := messenger.NewHTTPClient(messenger.TransportConfig{Timeout: timeout, AllowLoopback: true, Roots: messengertest.EmailRoots()})
	t.Cleanup(func() {
		sim.Faults().Clear()
		client.CloseIdleConnections()
		sim.Close()
	})
	return newBench(t, subject, sim, client, sim.URL())
}

func newBench(t *testing.T, subject Subject, sim messengertest.Simulator, client *http.Client, url string) *bench {
	t.Helper()
	b := &bench{
		subject: subject, sim: sim, client: client, url: url,
		latest: map[messenger.Ref]messengertest.Post{}, replies: map[messenger.Ref]messengertest.Post{},
	}
	t.Cleanup(sim.Subscribe(b.note))
	b.bot = b.another(t, nil)
	b.to = messenger.Address{ID: sim.AddChannel(channelName)}
	return b
}

// note remembers how a message looks.
func (b *bench) note(post messengertest.Post) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.latest[messenger.Ref{Channel: post.Channel, ID: post.ID}] = post
	b.replies[messenger.Ref{Channel: post.Channel, ID: post.ThreadOf}] = post
}

// another returns another bot of the same token, as after a restart.
func (b *bench) another(t *testing.T, throttle *messenger.Throttle) messenger.Messenger {
	t.Helper()
	return b.withToken(t, token, throttle)
}

func (b *bench) withToken(t *testing.T, token string, throttle *messenger.Throttle) messenger.Messenger {
	t.Helper()
	bot, err := b.subject.Descriptor.New(messenger.Config{
		Secrets: b.subject.secrets(token), Settings: b.subject.Descriptor.ExampleSettings(), URL: b.url, HTTPClient: b.client, Throttle: throttle,
	})
	if err != nil {
		t.Fatal(err)
	}
	return bot
}

// updater returns the bot as an Updater.
func (b *bench) updater() messenger.Updater { return b.bot.(messenger.Updater) }

// finder returns the bot as a Finder.
func (b *bench) finder() messenger.Finder { return b.bot.(messenger.Finder) }

// post posts a message that must be accepted.
func (b *bench) post(t *testing.T, m message.Message, key string) messenger.Ref {
	t.Helper()
	ref, err := b.bot.Post(t.Context(), b.to, m, key)
	if err != nil {
		t.Fatalf("Post: %v", err)
	}
	return ref
}

// update updates a message, which must be accepted, and returns its latest look. Where
// messages cannot be edited, it returns how a new one looks.
func (b *bench) update(t *testing.T, ref messenger.Ref, m message.Message) messengertest.Post {
	t.Helper()
	if !b.subject.can().Edit {
		return b.read(t, b.post(t, m, ""))
	}
	if err := b.updater().Update(t.Context(), ref, m); err != nil {
		t.Fatalf("Update: %v", err)
	}
	return b.read(t, ref)
}

// read returns the message behind a reference.
func (b *bench) read(t *testing.T, ref messenger.Ref) messengertest.Post {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	post, ok := b.latest[ref]
	if !ok {
		t.Fatalf("there is no message %s", ref)
	}
	return post
}

func (b *bench) wantPosts(t *testing.T, n int) {
	t.Helper()
	if got := len(b.sim.Posts()); got != n {
		t.Fatalf("%d messages, want %d", got, n)
	}
}

// calls is how often the service was called in all.
func (b *bench) calls() int {
	sum := 0
	for _, n := range b.sim.Calls() {
		sum += n
	}
	return sum
}

// failure returns the *Error in err, after checks that hold for all of them.
func failure(t *testing.T, what string, err error) messenger.Error {
	t.Helper()
	e, ok := errors.AsType[*messenger.Error](err)
	if !ok {
		t.Fatalf("%s = %v (%T), want an *Error", what, err, err)
	}
	checkDiscreet(t, what, err)
	if e.Call == "" || e.Code == "" {
		t.Errorf("%s = %+v, want the call and a code", what, e)
	}
	permanent := e.Class == messenger.RecipientPermanent || e.Class == messenger.MessengerPermanent
	if permanent && e.Advice == "" || strings.HasSuffix(e.Advice, ".") {
		t.Errorf("%s advises %q, want a sentence without a period", what, e.Advice)
	}
	return *e
}

// wantClass checks the class of a failure.
func wantClass(t *testing.T, what string, err error, want messenger.Class) messenger.Error {
	t.Helper()
	e := failure(t, what, err)
	if e.Class != want {
		t.Errorf("%s = %+v, want class %s", what, e, want)
	}
	return e
}

// checkDiscreet checks that nothing of an error holds a secret.
func checkDiscreet(t *testing.T, what string, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		shown := fmt.Sprintf("%v %+v %#v", e, e, e)
		for _, secret := range []string{canary, "127.0.0.1", "http://", "https://"} {
			if strings.Contains(strings.ToLower(shown), secret) {
				t.Errorf("%s: the error %s holds %q", what, shown, secret)
			}
		}
	}
}

// sample is a message with a fact of every kind. Its reason must not leave the
// message.
func sample(state accessrequest.State) message.Message {
	r := request()
	r.State = state
	return message.New(r, cluster)
}

var cluster = accessrequest.Cluster{Name: "prod-cluster", ProxyAddr: "teleport.example.com", WebReviews: true}

func request() accessrequest.Request {
	created := time.Date(2026, 3, 2, 9, 30, 15, 0, time.UTC)
	return accessrequest.Request{
		ID:                 "0193f1a2-7c1d-7b3e-9a55-3f6f0e6c1d2b",
		User:               "requester",
		Roles:              []string{"editor", "auditor"},
		Resources:          []accessrequest.Resource{{Cluster: "prod-cluster", Kind: "node", Name: "web"}},
		Reason:             "because of the " + canary,
		SuggestedReviewers: []string{"carol", "dave"},
		State:              accessrequest.Pending,
		Created:            created,
		Expires:            created.Add(time.Hour),
		AssumeStart:        created.Add(10 * time.Minute),
		AccessExpires:      created.Add(8 * time.Hour),
	}
}

func review() message.Review {
	return message.Review{
		Key: "review", Author: "bob", State: accessrequest.Approved, Reason: "fine, " + canary,
		Time: time.Date(2026, 3, 2, 9, 45, 0, 0, time.UTC),
	}
}
