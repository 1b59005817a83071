package reminder

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/accessnotifier/accessnotifier/internal/accesslist"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// world is a Teleport, a store and a chat service, which several operators share.
type world struct {
	mu    sync.Mutex
	lists []accesslist.List
	// listsErr and storeErr are why lists cannot be read, and the text not be stored.
	listsErr, storeErr error
	text               string
	// posts are what was posted: when, to whom, about what and with which key.
	posts []post
	// answers decide about the next posts, one each. With none left, all is well.
	answers []answer
	// cannotLook is set if the bot may not search, and unknown are why owners are not found.
	cannotLook bool
	unknown    map[string]error
	// tries counts the calls.
	tries int
	// metrics counts them as well, and notices are what operators say of owners.
	metrics *metrics.Metrics
	notices []string
}

type post struct {
	at            time.Time
	to, text, key string
}

// answer is whether a message is made, and what the caller hears. The store fails from then on
// with storeErr.
type answer struct {
	made          bool
	err, storeErr error
}

func (w *world) AccessLists(context.Context, time.Time) ([]accesslist.List, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lists), w.listsErr
}

func (w *world) Cluster() accessrequest.Cluster { return accessrequest.Cluster{Name: "prod"} }

func (w *world) Load(context.Context) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text, w.storeErr
}

func (w *world) Swap(_ context.Context, old, new string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.storeErr != nil:
		return w.storeErr
	case w.text != old:
		return accessrequest.ErrConflict
	}
	w.text = new
	return nil
}

func (w *world) Check(context.Context) error { return nil }

func (w *world) Resolve(context.Context, string) (messenger.Address, error) {
	return messenger.Address{}, errors.ErrUnsupported
}

func (w *world) resolve(_ context.Context, owner string) (messenger.Address, error) {
	if err := w.unknown[owner]; err != nil {
		return messenger.Address{}, err
	}
	if !strings.Contains(owner, "@") {
		return messenger.Address{}, messenger.NotAnEmailAddress()
	}
	return messenger.Address{ID: owner, Direct: true}, nil
}

func (w *world) Post(_ context.Context, to messenger.Address, m message.Message, key string) (messenger.Ref, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tries++
	a := answer{made: true}
	if len(w.answers) > 0 {
		a, w.answers = w.answers[0], w.answers[1:]
	}
	w.storeErr = a.storeErr
	if a.made {
		w.posts = append(w.posts, post{time.Now(), to.ID, m.Status, key})
	}
	return messenger.Ref{Channel: to.ID, ID: key}, a.err
}

func (w *world) Find(_ context.Context, in messenger.Address, key string, _ time.Time) ([]messenger.Ref, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cannotLook {
		return nil, messenger.ErrCannotLook
	}
	for _, p := range w.posts {
		if p.to == in.ID && p.key == key {
			return []messenger.Ref{{Channel: in.ID, ID: key}}, nil
		}
	}
	return nil, messenger.ErrNotFound
}

func (w *world) FindReply(context.Context, messenger.Ref, string, time.Time) error {
	return errors.ErrUnsupported
}

var _ messenger.Finder = (*world)(nil)

func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// operator runs a Reminder until the returned function is called.
func (w *world) operator(t *testing.T) (r *Reminder, stop func()) {
	t.Helper()
	var counted *metrics.Notifier
	if w.metrics != nil {
		counted = w.metrics.Notifier("team", "approvals", "Slack")
	}
	r = New(Options{
		Metrics: counted,
		Log:     logr.Discard(), Lists: w, Store: w, Messenger: w, Find: w.resolve, KeySecret: []byte("k"), Changed: func() {},
		Notice: func(n status.Notice) {
			w.set(func() { w.notices = append(w.notices, n.Reason+" "+n.Recipient+": "+n.Text) })
		},
		Words: func(lists []accesslist.List, c accessrequest.Cluster) message.Message {
			return message.Wording{}.AccessLists(lists, c, time.Now())
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Run(ctx)
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return r, stop
}

// made returns what was posted.
func (w *world) made() []post {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.posts)
}

// counted returns the metrics of the notifier, as Prometheus reads them.
func (w *world) counted(t *testing.T) (lines []string) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(w.metrics)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			t.Fatal(err)
		}
	}
	for line := range strings.Lines(text.String()) {
		if strings.Contains(line, `name="approvals"`) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// told returns to whom and about what was posted.
func (w *world) told() []string {
	var all []string
	for _, p := range w.made() {
		all = append(all, p.to+": "+p.text)
	}
	return all
}

// due returns a list that is due in some time.
func due(name string, in time.Duration, owners ...string) accesslist.List {
	return accesslist.List{Name: name, Title: name, Due: time.Now().Add(in), Owners: owners}
}
