package notifier_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// kind is what a chat service can do for idempotency.
type kind int

const (
	// plain services can do nothing.
	plain kind = iota
	// idempotent services recognise the key of a post.
	idempotent
	// searchable services let the bot look for a key.
	searchable
)

// world is a cluster, a chat service, and operators that come and go.
type world struct {
	t       *testing.T
	cluster *cluster
	chat    *chat
	kind    kind
	rules   routing.Rules
	// router, when set, is used instead of the rules.
	router  routing.Router
	timing  notifier.Timing
	notices notices
	// owner and secret are those of the operators that start from now on.
	owner notifier.Owner
	// describe is notifier.Options.Describe.
	describe func(accessrequest.Request, accessrequest.Cluster) message.Message
	secret   string
	// wrap, when set, makes another messenger of one that can be searched.
	wrap func(finder) messenger.Messenger
}

type notices struct {
	mu  sync.Mutex
	all []status.Notice
	// panics is whether there is a bug in it.
	panics bool
}

func (n *notices) add(notice status.Notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, notice)
	if n.panics {
		panic("impossible")
	}
}

func (n *notices) count(reason string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	found := 0
	for _, notice := range n.all {
		if notice.Reason == reason {
			found++
		}
	}
	return found
}

// about returns the notices about a recipient.
func (n *notices) about(recipient string) []status.Notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(n.all), func(notice status.Notice) bool { return notice.Recipient != recipient })
}

func newWorld(t *testing.T, k kind) *world {
	return &world{
		t:       t,
		cluster: newCluster(),
		chat:    &chat{},
		kind:    k,
		rules:   routing.Rules{RoleToRecipients: map[string][]string{"*": {"a", "b", "c"}}},
	}
}

// operator is one running notifier.
type operator struct {
	*notifier.Notifier
	t    *testing.T
	kill context.CancelFunc
	quit context.CancelFunc
	done chan struct{}
	err  error
}

// start runs a notifier until the test ends, stop or die.
func (w *world) start() *operator {
	w.t.Helper()
	ctx, quit := context.WithCancel(w.t.Context())
	life, kill := context.WithCancel(context.Background())
	b := bot{chat: w.chat, life: life, idempotent: w.kind == idempotent}
	var m messenger.Messenger = b
	if w.kind == searchable {
		m = finder{b}
	}
	if w.wrap != nil {
		m = w.wrap(finder{b})
	}
	o := &operator{t: w.t, kill: kill, quit: quit, done: make(chan struct{})}
	owner := w.owner
	owner.KeySecret = []byte("secret" + w.secret)
	o.Notifier = notifier.New(notifier.Options{
		Log:       logr.Discard(),
		Feed:      w.cluster,
		Records:   store{cluster: w.cluster, life: life},
		Messenger: m,
		Router:    w.route(),
		Owner:     owner,
		Describe:  w.describe,
		Timing:    w.timing,
		Notice:    w.notices.add,
	})
	go func() {
		defer close(o.done)
		o.err = o.Run(ctx)
	}()
	w.t.Cleanup(o.die)
	return o
}

func (w *world) route() routing.Router {
	if w.router != nil {
		return w.router
	}
	return routing.NewRuleRouter(w.rules)
}

// delay makes calls and writes take up to so long.
func (w *world) delay(chat, records time.Duration) {
	w.chat.decide(func(_ context.Context, _, _ string, effect func()) error {
		time.Sleep(rand.N(chat))
		effect()
		return nil
	})
	w.cluster.decide(func(_ string, write func() error) error {
		time.Sleep(rand.N(records))
		return write()
	})
}

// stop ends the notifier as SIGTERM does.
func (o *operator) stop() {
	o.quit()
	<-o.done
}

// die ends the notifier as SIGKILL does: nothing that it does from here on has
// any effect.
func (o *operator) die() {
	o.kill()
	o.stop()
}

// settle waits until nothing happens any more without time passing.
func settle() { synctest.Wait() }

// after lets time pass.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func request(id string, state accessrequest.State, reviews ...accessrequest.Review) accessrequest.Request {
	return accessrequest.Request{
		ID:             id,
		User:           "eve",
		Roles:          []string{"editor"},
		Reason:         "to fix it",
		State:          state,
		Reviews:        reviews,
		Thresholds:     []accessrequest.Threshold{{Name: "two", Approve: 2, Deny: 1}},
		RoleThresholds: map[string][][]uint32{"editor": {{0}}},
		Created:        time.Now(),
		// The time to decide is over at once, so that a test need not wait for it; one
		// that was approved would stay for long.
		Expires:       time.Now(),
		AccessExpires: time.Now().Add(100 * time.Hour),
	}
}

func review(author string) accessrequest.Review {
	return accessrequest.Review{
		Author:     author,
		State:      accessrequest.Approved,
		Reason:     "fine",
		Created:    time.Now(),
		Thresholds: []uint32{0},
	}
}

// allAddresses are those of the recipients a, b and c.
var allAddresses = []string{"id-a", "id-b", "id-c"}

// expect checks that each address has exactly one message about the request,
// and that it shows the state.
func (w *world) expect(id string, state accessrequest.State, addresses ...string) {
	w.t.Helper()
	for _, address := range addresses {
		posts := w.chat.about(id, address)
		if len(posts) != 1 {
			w.t.Errorf("%s has %d messages about %s, want 1", address, len(posts), id)
			continue
		}
		if got := posts[0].last().State; got != state {
			w.t.Errorf("%s shows %s as %s, want %s", address, id, got, state)
		}
	}
}

// putAll puts n requests, r0 and onwards, into a state.
func (w *world) putAll(n int, state accessrequest.State) {
	for i := range n {
		w.cluster.put(request(fmt.Sprint("r", i), state), true)
	}
}

// expectAll is expect for n requests, r0 and onwards.
func (w *world) expectAll(n int, state accessrequest.State, addresses ...string) {
	w.t.Helper()
	for i := range n {
		w.expect(fmt.Sprint("r", i), state, addresses...)
	}
}

func (w *world) expectNone(id string, addresses ...string) {
	w.t.Helper()
	for _, address := range addresses {
		if posts := w.chat.about(id, address); len(posts) != 0 {
			w.t.Errorf("%s has %d messages about %s, want none", address, len(posts), id)
		}
	}
}

// expectReplies checks that the message about the request at an address has as
// many replies, each once.
func (w *world) expectReplies(id, address string, want int) {
	w.t.Helper()
	posts := w.chat.about(id, address)
	if len(posts) == 0 {
		w.t.Errorf("%s has no message about %s", address, id)
		return
	}
	different := map[string]bool{}
	for _, key := range posts[0].keys {
		different[key] = true
	}
	if len(posts[0].keys) != want || len(different) != want {
		w.t.Errorf("%s has %d replies about %s, %d of them different, want %d", address, len(posts[0].keys), id, len(different), want)
	}
}

func (w *world) expectClosed(id string) {
	w.t.Helper()
	if text := w.cluster.record(id); !strings.Contains(text, `"closed":true`) {
		w.t.Errorf("record of %s is not closed: %s", id, text)
	}
}

// expectAllClosed is expectClosed for n requests, r0 and onwards.
func (w *world) expectAllClosed(n int) {
	w.t.Helper()
	for i := range n {
		w.expectClosed(fmt.Sprint("r", i))
	}
}

// forEachKind runs a test for each kind of chat service.
func forEachKind(t *testing.T, test func(*testing.T, *world)) {
	for name, k := range map[string]kind{"plain": plain, "idempotent": idempotent, "searchable": searchable} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, newWorld(t, k)) })
		})
	}
}

// inBubble runs a test with a service that can do nothing for idempotency.
func inBubble(t *testing.T, test func(*testing.T, *world)) {
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t, plain)) })
}

// failing returns an error of a class.
func failing(class messenger.Class) error {
	return &messenger.Error{Class: class, Call: "test", Code: class.String(), Quoted: true}
}

// everything is the state of a whole run for messages.
var (
	pending  = accessrequest.Pending
	approved = accessrequest.Approved
	denied   = accessrequest.Denied
	expired  = accessrequest.Expired
)
