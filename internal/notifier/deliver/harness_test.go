package deliver_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/announce"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
	"github.com/accessnotifier/accessnotifier/internal/notifier/deliver"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper/keepertest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/quarantine"
	"github.com/accessnotifier/accessnotifier/internal/notifier/recipients"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/recorder"
	"github.com/accessnotifier/accessnotifier/internal/notifier/registry"
	"github.com/accessnotifier/accessnotifier/internal/notifier/timing"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// service is a chat service that answers each call in the same way.
type service struct {
	// check and answer are what it answers, nil for a success.
	check, answer error
	// called, when set, gets each call.
	called func(call, key string)
	calls  []string
}

func (s *service) do(call, key string) error {
	s.calls = append(s.calls, call)
	if s.called != nil {
		s.called(call, key)
	}
	return s.answer
}

func (s *service) Check(context.Context) error { return s.check }

func (s *service) Resolve(_ context.Context, recipient string) (messenger.Address, error) {
	return messenger.Address{ID: recipient}, nil
}

func (s *service) Post(_ context.Context, _ messenger.Address, m message.Message, key string) (messenger.Ref, error) {
	call := "post"
	if m.Plain {
		call = "post plain"
	}
	return messenger.Ref{Channel: "c", ID: "2"}, s.do(call, key)
}

func (s *service) Update(_ context.Context, ref messenger.Ref, _ message.Message) error {
	return s.do("edit", ref.String())
}

func (s *service) Reply(_ context.Context, _ messenger.Ref, _ message.Review, key string) error {
	return s.do("reply", key)
}

// bench is a deliverer that brings one request up to date at one address.
type bench struct {
	*deliver.Deliverer
	t       *testing.T
	service service
	// chat is how the service is seen: without edits, or as it is.
	chat       messenger.Messenger
	store      keepertest.Store
	request    *track.Request
	quarantine *quarantine.Quarantine
	breaker    *breaker.Breaker
	notices    []string
}

// inBubble runs a test with a request that is due to be posted, edited or replied to.
func inBubble(t *testing.T, due dispatch.Method, test func(*testing.T, *bench)) {
	t.Helper()
	inBubbleWith(t, func(s *service) messenger.Messenger { return s }, due, test)
}

// withoutEdits hides what the service can do besides posting.
func withoutEdits(s *service) messenger.Messenger { return struct{ messenger.Messenger }{s} }

// inBubbleWith is inBubble with a service that is seen in another way.
func inBubbleWith(t *testing.T, see func(*service) messenger.Messenger, due dispatch.Method, test func(*testing.T, *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		b := &bench{t: t}
		b.chat = see(&b.service)
		ended := make(chan struct{})
		b.make()
		go func() {
			defer close(ended)
			b.breaker.Run(ctx)
		}()
		synctest.Wait()
		b.begin(due)
		test(t, b)
		stop()
		<-ended
	})
}

// make puts the parts together. The breaker has to run.
func (b *bench) make() {
	delays := timing.Timing{}.WithDefaults()
	requests := registry.New()
	announcer := announce.New(func(n status.Notice) { b.notices = append(b.notices, n.Reason) }, (*messenger.Error).Error)
	nothing := func() {}
	b.quarantine = quarantine.New(quarantine.Options{
		Log: logr.Discard(), First: time.Minute, Announcer: announcer, Again: func(string, time.Duration) {},
	})
	b.breaker = breaker.New(breaker.Options{Check: b.service.Check})
	store := recorder.New(recorder.Options{Timing: delays, Announcer: announcer, Changed: nothing, Again: func(string) {}})
	b.Deliverer = deliver.New(deliver.Options{
		Log: logr.Discard(), Messenger: b.chat, KeySecret: []byte("secret"), Writer: "me", Timing: delays,
		Parts: deliver.Parts{
			Requests: requests, Recorder: store, Announcer: announcer, Breaker: b.breaker, Quarantine: b.quarantine,
			Recipients: recipients.New(recipients.Options{
				Router: routing.NewRuleRouter(routing.Rules{Always: []string{"ops"}}), Requests: requests,
				Announcer: announcer, Breaker: b.breaker, Quarantine: b.quarantine, Timing: delays, Changed: nothing,
			}),
		},
		Changed: nothing,
		Again:   func(string, time.Duration) {},
		Now:     func(string) {},
		Refresh: func(context.Context, string) error { return nil },
	})
	k := b.keeper("me")
	planner := track.Planner{Waits: delays.Waits(), Can: deliver.NewChat(b.chat).Can(), Writer: "me"}
	b.request = requests.Open(track.New("r1", k, planner))
}

// keeper returns the keeper of a writer.
func (b *bench) keeper(writer string) *keeper.Keeper {
	b.t.Helper()
	text, err := b.store.Load(b.t.Context(), "r1")
	if err != nil {
		b.t.Fatal(err)
	}
	k, err := keeper.New("r1", writer, &b.store, func() record.Owner { return record.Owner{} }, text)
	if err != nil {
		b.t.Fatal(err)
	}
	return k
}

// begin shows a request with one review, at the point where the method is due.
func (b *bench) begin(due dispatch.Method) {
	shown := accessrequest.Request{
		ID: "r1", User: "eve", State: accessrequest.Pending, Created: time.Now(),
		Reviews: []accessrequest.Review{{Author: "amy", State: accessrequest.Approved, Created: time.Now()}},
	}
	truth := track.Truth{Request: shown, Mark: track.MarkOf(shown), Certainty: track.Current}
	b.request.Show(truth, accessrequest.Cluster{})
	to := messenger.Address{ID: "c"}
	b.request.Invite(track.Audience{Extent: track.Whole, Guests: []track.Guest{{To: to, Name: "ops"}}}, true, nil)
	if due == dispatch.Post {
		return
	}
	digest := ""
	if due == dispatch.Reply {
		digest = message.New(shown, accessrequest.Cluster{}).Digest()
	}
	b.request.Keeper.Learn(func(r *record.Record) {
		r.Introduce(to, "ops", record.Reviewer)
		r.Posted(to.ID, []messenger.Ref{{Channel: "c", ID: "1"}}, digest, 0)
	})
}

// review adds a review to the request.
func (b *bench) review(author string) {
	shown := b.request.Truth().Request
	shown.Reviews = append(slices.Clone(shown.Reviews), accessrequest.Review{Author: author, State: accessrequest.Approved, Created: time.Now()})
	b.request.Show(track.Truth{Request: shown, Mark: track.MarkOf(shown), Certainty: track.Current}, accessrequest.Cluster{})
}

// decide has the request decided, of which those hear who have heard of it.
func (b *bench) decide() {
	shown := b.request.Truth().Request
	shown.State = accessrequest.Approved
	b.request.Show(track.Truth{Request: shown, Mark: track.MarkOf(shown), Certainty: track.Current}, accessrequest.Cluster{})
	b.request.Invite(track.Audience{Extent: track.Whole, Guests: []track.Guest{{To: messenger.Address{ID: "c"}, Name: "ops"}}}, false, nil)
}

// lose damages the record, before this process knows of it.
func (b *bench) lose() {
	b.t.Helper()
	if err := b.store.Swap(b.t.Context(), "r1", "", "{"); err != nil {
		b.t.Fatal(err)
	}
	k, err := keeper.New("r1", "me", &b.store, func() record.Owner { return record.Owner{} }, "{")
	if err == nil {
		b.t.Fatal("the record is not damaged")
	}
	b.request.Keeper = k
}

// stray adds a copy of the message.
func (b *bench) stray() {
	b.request.Keeper.Learn(func(r *record.Record) { r.Posted("c", []messenger.Ref{{Channel: "c", ID: "2"}}, "", 0) })
}

// otherEdits lets another writer edit the message, and its strays, and reads what it records.
func (b *bench) otherEdits(shown string) {
	b.t.Helper()
	k, theirs := b.keeper("they"), record.Claim{What: record.Edit, By: "they"}
	_, err := k.Claim(b.t.Context(), func(r *record.Record) bool { return r.Claim("c", theirs, r.To["c"].Edit) })
	if err != nil {
		b.t.Fatal(err)
	}
	k.Learn(func(r *record.Record) { r.Edited("c", theirs, r.To["c"], shown) })
	if _, err := k.Flush(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	text, _ := b.store.Load(b.t.Context(), "r1")
	if _, err := b.request.Keeper.Adopt(text, time.Now()); err != nil {
		b.t.Fatal(err)
	}
}

// job returns what is due.
func (b *bench) job() dispatch.Job {
	b.t.Helper()
	jobs, _, _ := b.request.Next()
	if len(jobs) != 1 {
		b.t.Fatalf("%d jobs are due, want 1", len(jobs))
	}
	return jobs[0]
}
