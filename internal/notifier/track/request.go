package track

import (
	"iter"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// Request is one access request that is worked on.
type Request struct {
	ID      string
	Keeper  *keeper.Keeper
	planner Planner
	// Doubt is used by the one worker that reconciles the request.
	Doubt Doubt

	mu sync.Mutex
	s  state
}

// Planner is what decisions depend on that is the same for all requests.
type Planner struct {
	Waits  plan.Waits
	Can    plan.Can
	Writer string
	// Describe words messages; message.New by default.
	Describe func(accessrequest.Request, accessrequest.Cluster) message.Message
	// TellsRequesters reports whether requesters hear what comes of requests; nil if not.
	TellsRequesters func() bool
	// Through is what readers call the messenger, through which reviewers decide.
	Through string
}

// state is guarded by Request.mu.
type state struct {
	truth Truth
	// shown is what readers should see, own what the requester should, heard since when.
	shown, own shown
	heard      time.Time

	audience   Audience
	deliveries map[string]*Delivery
	// invited is how much was known at most of who should hear: who comes once it was the
	// whole is named by rules that have changed.
	invited Extent
	// failure is why the record could not be stored, nil if it could.
	failure *storeFailure
	// lost is when a claim was not granted last.
	lost time.Time
}

// shown is a message, and what tells it from others.
type shown struct {
	message message.Message
	digest  string
}

// Truth is what is to be shown of a request.
type Truth struct {
	Request   accessrequest.Request
	Mark      record.Mark
	Certainty Certainty
	// Retold is set if this process knows the request from its record only, or does not know
	// yet what its resources are called: less than what other operators may have shown.
	Retold bool
	// Over is a mark of the record that this is known to supersede, because Teleport was
	// asked after it was seen.
	Over record.Mark
}

// IsBehind reports whether the record knows of a state that this cannot replace.
func (now Truth) IsBehind(have record.Mark) bool {
	sighting := record.Sighting{Mark: now.Mark, Refreshed: now.Over}
	return now.Certainty == Behind || now.Mark != have && !sighting.Supersedes(have)
}

// Certainty says how much a truth is worth.
type Certainty int

const (
	// Unseen requests are known by their record only, until Teleport was asked.
	Unseen Certainty = iota
	// Behind is a view that is older than what another operator has seen.
	Behind
	// Current is Teleport's own view.
	Current
	// Ended requests are gone from Teleport.
	Ended
)

// storeFailure is why a record cannot be stored, and when it first and last could not be.
type storeFailure struct {
	err         error
	since, last time.Time
}

func (f *storeFailure) lasted() time.Duration { return f.last.Sub(f.since) }

// New returns a request of which nothing is known but its record.
func New(id string, k *keeper.Keeper, p Planner) *Request {
	if p.Describe == nil {
		p.Describe = message.New
	}
	return &Request{ID: id, Keeper: k, planner: p, s: state{deliveries: map[string]*Delivery{}}}
}

// MarkOf tells how far a request has come.
func MarkOf(r accessrequest.Request) record.Mark {
	return record.Mark{State: r.State, Reviews: len(r.Reviews)}
}

// Show makes a truth what readers should see.
func (t *Request) Show(now Truth, cluster accessrequest.Cluster) {
	m := t.planner.Describe(now.Request.SubmittedThrough(t.planner.Through, t.Keeper.Record().Credited), cluster)
	sighting := record.Sighting{}
	if now.Certainty >= Current {
		sighting = record.Sighting{
			Mark:          now.Mark,
			Expires:       now.Request.Expires,
			AccessExpires: now.Request.AccessExpires,
			Summary:       record.Summarise(now.Request),
			Refreshed:     now.Over,
		}
	}
	t.Keeper.See(sighting)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.truth = now
	t.s.show(m)
}

// show makes a message, with what is known of its audience, what readers should see. The
// caller holds mu.
func (s *state) show(m message.Message) {
	m = m.LeaveOut(s.audience.LeftOut)
	digest := m.Digest()
	if digest == s.shown.digest {
		return
	}
	own := m.ToRequester()
	s.shown, s.own, s.heard = shown{m, digest}, shown{own, own.Digest()}, time.Now()
}

// to returns what a recipient should see.
func (s *state) to(d *Delivery) shown {
	if d.Reader == record.Requester {
		return s.own
	}
	return s.shown
}

// Truth returns what is shown.
func (t *Request) Truth() Truth {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.s.truth
}

// view is what a decision for an address is made from, without what is remembered of a message that
// is not there any more. The caller holds mu.
func (t *Request) view(address string, r record.Record) plan.View {
	d := t.s.deliveries[address]
	entry, recorded := r.Entry(address)
	d.recall(entry.Ref, entry.Strays)
	digest := t.s.to(d).digest
	if t.s.truth.Retold && message.Shows(entry.Shown, t.s.truth.Mark.State) {
		// It was shown by an operator that knew no less.
		digest = entry.Shown
	}
	v := plan.View{
		Now:    time.Now(),
		Waits:  t.planner.Waits,
		Can:    t.planner.Can,
		Writer: t.planner.Writer,
		Request: plan.Request{
			Known:     t.s.truth.Certainty != Unseen,
			Digest:    digest,
			Mark:      t.s.truth.Mark,
			Replies:   t.s.replies(d, entry),
			Behind:    t.s.truth.IsBehind(r.Mark),
			Announced: t.s.announced(r),
		},
		Record:   r,
		Entry:    entry,
		Recorded: recorded,
		Busy:     d.busy(),
		Memory:   d.Memory,
	}
	v.Memory.Notes = t.planner.notes(d, t.s.truth.Request)
	if c := entry.Make; c != nil {
		v.Sights.Make = t.Keeper.Seen(*c)
	}
	if c := entry.Edit; c != nil {
		v.Sights.Edit = t.Keeper.Seen(*c)
	}
	return v
}

// announced reports whether a recipient was told about the request, as far as that can be
// found out. A post that is under way is no announcement until it has ended. The caller
// holds mu.
func (s *state) announced(r record.Record) bool {
	for _, e := range r.To {
		if e.Ref != "" {
			return true
		}
	}
	for _, d := range s.deliveries {
		if d.Memory.Posts == plan.Unknowable {
			return true
		}
	}
	return false
}

// decisions are what is next at each address, decided as one asks for them. The caller holds
// mu.
func (t *Request) decisions() iter.Seq2[string, plan.Decision] {
	return func(yield func(string, plan.Decision) bool) {
		r := t.Keeper.Record()
		for address := range t.s.deliveries {
			if !yield(address, plan.Next(t.view(address, r))) {
				return
			}
		}
	}
}

// finished reports whether nothing is left to do, now or later. The caller holds mu.
func (t *Request) finished() bool {
	now := t.s.truth
	have := t.Keeper.Record()
	if now.Certainty < Current || now.IsBehind(have.Mark) || !now.Mark.State.Resolved() {
		return false
	}
	if t.s.audience.Extent != Whole && have.Status != record.Closed && (have.Status == record.Damaged || t.s.announced(have)) {
		return false
	}
	for _, d := range t.decisions() {
		if !d.Settled() {
			return false
		}
	}
	if t.s.quiet() > 0 {
		return false
	}
	for _, d := range t.s.deliveries {
		if d.busy() {
			return false
		}
	}
	return true
}

// Close makes the record final once nothing is left to show. It reports whether that
// is so.
func (t *Request) Close() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.finished() {
		return false
	}
	r := t.Keeper.Record()
	if mark := t.s.truth.Mark; (t.Keeper.Recorded() || len(r.To) > 0) && (r.Status != record.Closed || r.Mark != mark) {
		t.Keeper.Learn(func(now *record.Record) { now.Close(mark, r.To) })
	}
	return true
}

// Closed reports whether nothing is left to do and the record, if there is one, says so.
func (t *Request) Closed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.Keeper.Record()
	return t.finished() && (r.Status == record.Closed || len(r.To) == 0 && !t.Keeper.Recorded())
}

// PastPosting reports whether something was posted, or nothing will be.
func (t *Request) PastPosting() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.Keeper.Record()
	return r.Status == record.Closed || t.s.truth.Certainty == Ended || t.s.announced(r)
}
