package notifier

import (
	"maps"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/directory"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// audience is who should hear of a request.
type audience struct {
	// guests are those whose addresses are known, each address once.
	guests []guest
	// broken is how many recipients that the operator configured cannot work.
	broken int
	// complete is set once there are no more. Until then a look-up that ends brings the
	// request back. A process that has just started knows of nobody, and so of no end.
	complete bool
	// failure is why it is not known of all who should hear of a pending request, nil
	// if it is.
	failure error
}

// guest is a recipient with an address.
type guest struct {
	to   messenger.Address
	name string
}

// host knows who should hear of which request.
type host struct {
	router    routing.Router
	directory *directory.Directory
	requests  *requests
}

// invite finds out who should hear of the request, and makes sure that there is a
// delivery for each of them. Of one that is resolved hear only those who have heard, or
// who are still being looked up; but who has heard is unknown if its record is damaged.
func (h host) invite(t *tracked, problems map[string]*messenger.Error) {
	now, have := t.truth(), t.keeper.Record()
	pending := now.certainty == current && !now.mark.State.Resolved()
	var found audience
	expectsMore := t.expectsMore(have)
	evaluate := pending || now.certainty != unseen && (have.Damaged || expectsMore)
	if evaluate {
		found = h.audience(t.id, now.request, pending)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if evaluate {
		t.s.audience = found
	}
	if !pending {
		t.s.audience.broken, t.s.audience.failure = 0, nil
	}
	t.rename(have)
	for i := range found.guests {
		found.guests[i].to.ID = have.At(found.guests[i].to.ID)
	}
	t.restore(have)
	t.move(have, found.guests)
	if pending {
		t.want(found)
	} else {
		t.add(found)
		t.giveUpUntold(have, problems)
	}
}

// expectsMore reports whether it was not known of each recipient when a request was
// resolved of which others have heard. Whoever closed the record has told all, also if it
// is opened again.
func (t *tracked) expectsMore(have record.Record) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.audience.complete = t.s.audience.complete || have.Closed
	return !t.s.audience.complete && t.announced(have)
}

// audience asks the router and the directory. A rule that cannot be judged, or a recipient
// that does not work, is not waited for once the request is resolved.
func (h host) audience(id string, request accessrequest.Request, pending bool) audience {
	concerned, err := h.router.Recipients(request)
	found := audience{complete: err == nil || !pending, failure: err}
	h.requests.waitFor(id, concerned)
	for _, recipient := range concerned {
		answer := h.directory.Lookup(recipient, request.User)
		switch answer.State {
		case directory.Known:
			same := func(g guest) bool { return g.to.ID == answer.Address.ID }
			if !slices.ContainsFunc(found.guests, same) {
				found.guests = append(found.guests, guest{to: answer.Address, name: recipient.Name})
			}
		case directory.Broken:
			if !recipient.Person && pending {
				found.broken++
			}
		default:
			found.complete = false
		}
	}
	return found
}

// rename gives deliveries the ids under which the record has their entries: another
// operator may have moved them. The caller holds mu.
func (t *tracked) rename(have record.Record) {
	for _, id := range slices.Sorted(maps.Keys(t.s.deliveries)) {
		d, at := t.s.deliveries[id], have.At(id)
		if at == id || d.memory.Busy {
			continue
		}
		delete(t.s.deliveries, id)
		if t.s.deliveries[at] == nil {
			d.to.ID = at
			t.s.deliveries[at] = d
		}
	}
}

// restore makes a delivery for each entry of the record. Whoever may have been told
// while it was claimed is wanted until the rules say otherwise. The caller holds mu.
func (t *tracked) restore(have record.Record) {
	for address, e := range have.To {
		if t.s.deliveries[address] == nil && t.s.deliveries[e.As] == nil {
			d := &delivery{to: messenger.Address{ID: address, Direct: e.Direct}, name: e.Name}
			d.memory.Wanted = e.Make != nil || e.Ref != ""
			t.s.deliveries[address] = d
		}
	}
}

// want makes the guests those who should be told, and nobody else unless there may be
// more guests. The caller holds mu.
func (t *tracked) want(found audience) {
	for _, d := range t.s.deliveries {
		if d.memory.End == plan.Untold {
			d.memory.End = plan.Open
		}
		d.memory.Wanted = d.memory.Wanted && !found.complete
	}
	for _, g := range found.guests {
		d := t.s.deliveries[g.to.ID]
		if d == nil {
			d = &delivery{}
			t.s.deliveries[g.to.ID] = d
		}
		d.to, d.name, d.memory.Wanted = g.to, g.name, true
	}
}

// add makes deliveries for those who are known only now. The caller holds mu.
func (t *tracked) add(found audience) {
	for _, g := range found.guests {
		if t.s.deliveries[g.to.ID] == nil {
			d := &delivery{to: g.to, name: g.name}
			d.memory.Wanted = true
			t.s.deliveries[g.to.ID] = d
		}
	}
}

// giveUpUntold makes sure that a resolved request is not announced where it could not be
// while it was pending. The caller holds mu.
func (t *tracked) giveUpUntold(have record.Record, problems map[string]*messenger.Error) {
	for address, d := range t.s.deliveries {
		if e, _ := have.Entry(address); problems[address] != nil && e.Ref == "" && d.memory.GaveUp.IsZero() {
			d.memory.End = plan.Untold
		}
	}
}

// move gives entries the ids that their addresses have now: an address that the service
// named by name is known by id once the bot may read the list of channels. What was told
// is not told again. An operator that knows only the name goes on with the id. The caller
// holds mu.
func (t *tracked) move(have record.Record, guests []guest) {
	wanted := map[string]bool{}
	for _, g := range guests {
		wanted[g.to.ID] = true
	}
	for i, g := range guests {
		if _, known := have.Entry(g.to.ID); known {
			continue
		}
		from := formerID(have, g, wanted)
		d, beside := t.s.deliveries[from], t.s.deliveries[g.to.ID]
		if d == nil {
			continue
		}
		idle := beside == nil || !beside.memory.Busy
		if idle {
			delete(t.s.deliveries, g.to.ID)
		}
		if g.named() || d.memory.Busy || !idle {
			// It goes on under the id that it was told as.
			guests[i].to = d.to
			continue
		}
		delete(t.s.deliveries, from)
		d.to, t.s.deliveries[g.to.ID] = g.to, d
		to := g.to.ID
		t.keeper.Learn(func(r *record.Record) { r.Move(from, to) })
	}
}

// named reports whether the service knows the address by the recipient's name only.
func (g guest) named() bool { return g.to.ID == g.name }

// formerID returns the id under which the guest was told, "" if there is none: the one
// with a message in the guest's channel, or the one with the guest's name, unless its
// message shows that it was another channel with that name.
func formerID(have record.Record, g guest, wanted map[string]bool) string {
	for _, id := range slices.Sorted(maps.Keys(have.To)) {
		e := have.To[id]
		if wanted[id] || id == g.to.ID {
			continue
		}
		ref, _ := messenger.ParseRef(e.Ref)
		sameName := e.Name != "" && e.Name == g.name
		sameName = sameName && (e.Ref == "" || g.named() || g.to.Direct && ref.Channel != id)
		if ref.Channel == g.to.ID || sameName {
			return id
		}
	}
	return ""
}
