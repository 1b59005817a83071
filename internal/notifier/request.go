package notifier

import (
	"cmp"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// tracked is one access request that is worked on.
type tracked struct {
	id      string
	keeper  *keeper.Keeper
	planner planner
	// doubt is used by the one worker that reconciles the request.
	doubt doubt

	mu sync.Mutex
	s  requestState
}

// planner is what decisions depend on that is the same for all requests.
type planner struct {
	waits  plan.Waits
	can    plan.Can
	writer string
}

// requestState is guarded by tracked.mu.
type requestState struct {
	truth truth
	// message and digest are what readers should see, heard is since when.
	message message.Message
	digest  string
	heard   time.Time

	audience   audience
	deliveries map[string]*delivery
	// failure is why the record could not be stored, nil if it could.
	failure *storeFailure
	// lost is when a claim was not granted last.
	lost time.Time
}

// truth is what is to be shown of a request.
type truth struct {
	request   accessrequest.Request
	mark      record.Mark
	certainty certainty
	// over is a mark of the record that this is known to supersede, because Teleport was
	// asked after it was seen.
	over record.Mark
}

// behind reports whether the record knows of a state that this cannot replace.
func (now truth) behind(have record.Mark) bool {
	sighting := record.Sighting{Mark: now.mark, Refreshed: now.over}
	return now.certainty == behind || now.mark != have && !sighting.Supersedes(have)
}

// certainty says how much a truth is worth.
type certainty int

const (
	// unseen requests are known by their record only, until Teleport was asked.
	unseen certainty = iota
	// behind is a view that is older than what another operator has seen.
	behind
	// current is Teleport's own view.
	current
	// ended requests are gone from Teleport.
	ended
)

// storeFailure is why a record cannot be stored, and since when.
type storeFailure struct {
	err   error
	since time.Time
}

// delivery is what this process knows of one request at one address.
type delivery struct {
	to     messenger.Address
	name   string
	memory plan.Memory
	// making and editing are the claims that this process holds.
	making, editing held
	// plain is set once the full rendering was rejected.
	plain bool
}

// held is a claim of this process.
type held struct {
	claim record.Claim
	sent  time.Time
}

func newTracked(id string, keeper *keeper.Keeper, p planner) *tracked {
	return &tracked{id: id, keeper: keeper, planner: p, s: requestState{deliveries: map[string]*delivery{}}}
}

// markOf tells how far a request has come.
func markOf(r accessrequest.Request) record.Mark {
	return record.Mark{State: r.State, Reviews: len(r.Reviews)}
}

// show makes a truth what readers should see.
func (t *tracked) show(now truth, cluster accessrequest.Cluster) {
	m := message.New(now.request, cluster)
	sighting := record.Sighting{}
	if now.certainty >= current {
		sighting = record.Sighting{
			Mark:          now.mark,
			Expires:       now.request.Expires,
			AccessExpires: now.request.AccessExpires,
			Summary:       record.Summarise(now.request),
			Refreshed:     now.over,
		}
	}
	t.keeper.See(sighting)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.truth, t.s.message = now, m
	if digest := m.Digest(); digest != t.s.digest {
		t.s.digest, t.s.heard = digest, time.Now()
	}
}

// truth returns what is shown.
func (t *tracked) truth() truth {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.s.truth
}

// view is what a decision for an address is made from. The caller holds mu.
func (t *tracked) view(address string, r record.Record) plan.View {
	d := t.s.deliveries[address]
	entry, recorded := r.Entry(address)
	v := plan.View{
		Now:    time.Now(),
		Waits:  t.planner.waits,
		Can:    t.planner.can,
		Writer: t.planner.writer,
		Request: plan.Request{
			Known:     t.s.truth.certainty != unseen,
			Digest:    t.s.digest,
			Mark:      t.s.truth.mark,
			Replies:   len(t.s.message.Reviews),
			Behind:    t.s.truth.behind(r.Mark),
			Announced: t.announced(r),
		},
		Record:   r,
		Entry:    entry,
		Recorded: recorded,
		Memory:   d.memory,
	}
	if c := entry.Make; c != nil {
		v.Sights.Make = t.keeper.Seen(*c)
	}
	if c := entry.Edit; c != nil {
		v.Sights.Edit = t.keeper.Seen(*c)
	}
	return v
}

// announced reports whether anybody was told of the request, as far as that can be
// found out. A post that is under way is no announcement until it has ended. The caller
// holds mu.
func (t *tracked) announced(r record.Record) bool {
	for _, e := range r.To {
		if e.Ref != "" {
			return true
		}
	}
	for _, d := range t.s.deliveries {
		if d.memory.MayBeTold {
			return true
		}
	}
	return false
}

// decisions returns what is next at each address. The caller holds mu.
func (t *tracked) decisions() map[string]plan.Decision {
	r := t.keeper.Record()
	decided := make(map[string]plan.Decision, len(t.s.deliveries))
	for address := range t.s.deliveries {
		decided[address] = plan.Next(t.view(address, r))
	}
	return decided
}

// requester is who takes turns with other requesters. The caller holds mu.
func (t *tracked) requester() string {
	return cmp.Or(t.s.truth.request.User, t.id)
}

// finished reports whether nothing is left to do, now or later. The caller holds mu.
func (t *tracked) finished(decided map[string]plan.Decision) bool {
	now := t.s.truth
	have := t.keeper.Record()
	if now.certainty < current || now.behind(have.Mark) || !now.mark.State.Resolved() {
		return false
	}
	if !t.s.audience.complete && !have.Closed && (have.Damaged || t.announced(have)) {
		return false
	}
	for _, d := range decided {
		if !d.Settled() {
			return false
		}
	}
	for _, d := range t.s.deliveries {
		if d.memory.Busy {
			return false
		}
	}
	return true
}

// close makes the record final once nothing is left to show. It reports whether that
// is so.
func (t *tracked) close() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.finished(t.decisions()) {
		return false
	}
	r := t.keeper.Record()
	if mark := t.s.truth.mark; (t.keeper.Recorded() || len(r.To) > 0) && (!r.Closed || r.Mark != mark) {
		t.keeper.Learn(func(now *record.Record) { now.Close(mark, r.To) })
	}
	return true
}

// closed reports whether nothing is left to do and the record, if there is one, says so.
func (t *tracked) closed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.keeper.Record()
	return t.finished(t.decisions()) && (r.Closed || len(r.To) == 0 && !t.keeper.Recorded())
}

// pastPosting reports whether something was posted, or nothing will be.
func (t *tracked) pastPosting() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.keeper.Record()
	return r.Closed || t.s.truth.certainty == ended || t.announced(r)
}
