package track

import (
	"maps"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// Audience is who should hear of a request.
type Audience struct {
	// Guests are those whose addresses are known, each address once.
	Guests []Guest
	// Unresolved is how many configured recipients have no address, or none yet.
	Unresolved int
	// UnresolvedFrom is when those should hear that only reminders name.
	UnresolvedFrom []time.Time
	// LeftOut is how many suggested reviewers are too many to be notified.
	LeftOut int
	Extent  Extent
	// RuleFailure is why it is not known of all who should hear of a pending request, nil
	// if it is.
	RuleFailure error
	// Suppressed is set if a route says that no other recipients are to hear.
	Suppressed bool
}

// Extent says how much of an audience is known.
type Extent int

const (
	// Unasked audiences were not asked for. So it is when a process has just started.
	Unasked Extent = iota
	// Partial audiences are to grow: a look-up that ends brings the request back.
	Partial
	// Whole audiences are those of which no more are to come.
	Whole
)

// Guest is a recipient with an address.
type Guest struct {
	To   messenger.Address
	Name string
	// Reader is as what the guest reads of the request.
	Reader record.Reader
	// From is plan.Memory.From, and Notes are those that the guest gets.
	From  time.Time
	Notes []plan.Note
	// Mentions are whom the message to the guest mentions, as the messenger writes that.
	Mentions []string
}

// ExpectsMore reports whether it was not known of each recipient when a request was
// resolved of which others have heard. Whoever closed the record has told all, also if it
// is opened again. Of a request that no operator has seen pending, another plugin has told.
func (t *Request) ExpectsMore(have record.Record) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if have.Status == record.Closed || have.Status != record.Damaged && toldByOthers(have) {
		t.s.audience.Extent = Whole
	}
	return t.s.audience.Extent != Whole && t.s.announced(have)
}

// toldByOthers reports whether there are messages, and no operator has named a recipient of one.
func toldByOthers(have record.Record) bool {
	for _, e := range have.To {
		if e.Name != "" {
			return false
		}
	}
	return len(have.To) > 0
}

// Invite makes sure that there is a delivery for each who should hear of the request. Of
// one that is resolved hear only the recipients that have heard, or that are still being
// looked up.
func (t *Request) Invite(found Audience, pending bool, problems map[string]*messenger.Error) {
	have := t.Keeper.Record()
	t.mu.Lock()
	defer t.mu.Unlock()
	if found.Extent != Unasked {
		t.s.audience = found
	}
	if !pending {
		t.s.audience.Unresolved, t.s.audience.UnresolvedFrom, t.s.audience.RuleFailure = 0, nil, nil
	}
	t.s.show(t.s.shown.message)
	t.s.rename(have)
	for i := range found.Guests {
		found.Guests[i].To.ID = t.s.place(have, found.Guests[i].To.ID)
	}
	t.s.restore(have)
	t.move(have, found.Guests)
	t.s.yield(have)
	if pending {
		t.s.want(found)
	} else {
		t.s.add(found)
		t.s.giveUpUntold(have, problems)
	}
}

// rename gives deliveries the ids under which the record has their entries: another
// operator may have moved them.
func (s *state) rename(have record.Record) {
	for _, id := range slices.Sorted(maps.Keys(s.deliveries)) {
		d, at := s.deliveries[id], have.At(id)
		if at == id || d.busy() {
			continue
		}
		delete(s.deliveries, id)
		if s.deliveries[at] == nil {
			d.To.ID = at
			s.deliveries[at] = d
		}
	}
}

// place returns the id under which a guest is told: that of the record, or a former one as
// long as a call under that one keeps its delivery from being renamed. Another delivery
// beside it would tell the guest twice.
func (s *state) place(have record.Record, id string) string {
	at := have.At(id)
	for _, former := range []string{id, have.To[at].As} {
		if former != at && s.deliveries[former] != nil {
			return former
		}
	}
	return at
}

// restore makes a delivery for each entry of the record. Whoever may have been told
// while it was claimed is wanted until the rules say otherwise.
func (s *state) restore(have record.Record) {
	for address, e := range have.To {
		if s.deliveries[address] == nil && s.deliveries[e.As] == nil {
			d := s.deliver(Guest{To: messenger.Address{ID: address, Direct: e.Direct}, Name: e.Name, Reader: e.Reader})
			if e.Make != nil || e.Ref != "" {
				d.Memory.Named = plan.Presumed
			}
		}
	}
}

// yield leaves recipients to the entries by which another operator knows them: no claim
// would be granted beside those.
func (s *state) yield(have record.Record) {
	wanted := s.wanted()
	for _, id := range slices.Sorted(maps.Keys(s.deliveries)) {
		d := s.deliveries[id]
		if _, known := have.Entry(id); known || d.busy() {
			continue
		}
		other := s.deliveries[record.FormerID(have, d.To, d.Name, wanted)]
		if other != nil {
			other.Memory.Named = max(other.Memory.Named, d.Memory.Named)
			delete(s.deliveries, id)
		}
	}
}

// wanted tells which addresses the rules name. One that only the record names may be
// another id of one of them.
func (s *state) wanted() map[string]bool {
	wanted := map[string]bool{}
	for _, g := range s.audience.Guests {
		wanted[g.To.ID] = true
	}
	return wanted
}

// want makes the guests the recipients that should be told, and no others unless there may
// be more guests.
func (s *state) want(found Audience) {
	named := map[*Delivery]bool{}
	for _, d := range s.deliveries {
		named[d] = d.Memory.Named != plan.Unnamed
		if d.Memory.End == plan.Untold {
			d.Memory.End = plan.Open
		}
		if found.Extent == Whole {
			d.Memory.Named = plan.Unnamed
		}
		d.Memory.Named = min(d.Memory.Named, plan.Presumed)
	}
	for _, g := range found.Guests {
		d := s.deliveries[g.To.ID]
		switch {
		case d == nil:
			d = s.deliver(g)
		case s.invited == Whole && !named[d]:
			d.joined = time.Now()
		}
		d.To, d.Name = g.To, g.Name
		if found.Extent == Whole || g.Reader == record.Requester {
			// While not all are known, the requester may be this one.
			d.Reader = g.Reader
		}
		d.learn(g)
	}
	if found.Unresolved == 0 {
		s.invited = max(s.invited, found.Extent)
	}
}

// deliver makes a delivery.
func (s *state) deliver(g Guest) *Delivery {
	d := &Delivery{To: g.To, Name: g.Name, Reader: g.Reader}
	if s.invited == Whole {
		d.joined = time.Now()
	}
	s.deliveries[g.To.ID] = d
	return d
}

// add makes the guests that are known only now recipients that should be told. The record may
// have an entry for one of them already, of another operator that has not told it.
func (s *state) add(found Audience) {
	for _, g := range found.Guests {
		d := s.deliveries[g.To.ID]
		if d == nil {
			d = s.deliver(g)
		}
		d.learn(g)
	}
}

// giveUpUntold makes sure that a resolved request is not announced where it could not be
// while it was pending.
func (s *state) giveUpUntold(have record.Record, problems map[string]*messenger.Error) {
	for address, d := range s.deliveries {
		if e, _ := have.Entry(address); problems[address] != nil && e.Ref == "" && d.Memory.GaveUp.IsZero() {
			d.Memory.End = plan.Untold
		}
	}
}

// move gives entries the ids that their addresses have now: an address that the service
// named by name is known by id once the bot may read the list of channels. What was told
// is not told again. An operator that knows only the name goes on with the id. The caller
// holds mu.
func (t *Request) move(have record.Record, guests []Guest) {
	wanted := map[string]bool{}
	for _, g := range guests {
		wanted[g.To.ID] = true
	}
	known := t.s.with(have)
	for i, g := range guests {
		if _, told := have.Entry(g.To.ID); told {
			continue
		}
		from := record.FormerID(known, g.To, g.Name, wanted)
		d, beside := t.s.deliveries[from], t.s.deliveries[g.To.ID]
		if d == nil {
			continue
		}
		idle := beside == nil || !beside.busy()
		if idle {
			delete(t.s.deliveries, g.To.ID)
		}
		if g.named() || d.busy() || !idle {
			// It goes on under the id that it was told as.
			guests[i].To = d.To
			continue
		}
		delete(t.s.deliveries, from)
		d.To, t.s.deliveries[g.To.ID] = g.To, d
		if _, recorded := have.Entry(from); !recorded {
			continue
		}
		t.Keeper.Learn(func(r *record.Record) {
			// Another operator may have told it as something else meanwhile.
			if record.FormerID(*r, g.To, g.Name, wanted) == from {
				r.Move(from, g.To.ID)
			}
		})
	}
}

// with is the record with an entry for each delivery that has none yet.
func (s *state) with(have record.Record) record.Record {
	known := have.Clone()
	for id, d := range s.deliveries {
		if _, recorded := have.Entry(id); !recorded {
			known.To[id] = record.Entry{Addressee: record.Addressee{Name: d.Name}}
		}
	}
	return known
}

// named reports whether the service knows the address by the recipient's name only.
func (g Guest) named() bool { return g.To.ID == g.Name }
