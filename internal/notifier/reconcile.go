package notifier

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// reconcile looks at one access request and hands whatever is to be delivered
// to the lanes. It makes no call but to store a record.
func (n *Notifier) reconcile(ctx context.Context, id string) error {
	request, presence := n.feed.Get(id)
	ok := presence == accessrequest.Present
	t := n.track(id, ok && request.State == accessrequest.Pending && !request.DryRun)
	if t == nil {
		return nil
	}
	wanted := n.wanted(ctx, t, request, ok)
	if !ok {
		// Nobody can act on it any more.
		t.letGo(n.lanes.problems(), false)
	}

	t.mu.Lock()
	if !t.update(request, ok, n.feed.Cluster()) {
		t.mu.Unlock()
		return nil
	}
	t.want(wanted, n.key)
	t.closeIfDone(n.replies())
	todo, finished := t.todo(n.replies())
	t.mu.Unlock()

	err := n.commitChanges(ctx, t)
	if errors.Is(err, errLost) {
		// Somebody else has gone on: look again.
		n.queue.Add(t.id)
		return nil
	}
	if finished && err == nil {
		n.untrack(t)
		return nil
	}
	// What needs no record goes on without.
	for _, to := range todo {
		n.lanes.add(ctx, to, id)
	}
	return err
}

// commitChanges stores what earlier attempts could not store. A request that
// nobody was told of has no record, and none is made for it here.
func (n *Notifier) commitChanges(ctx context.Context, t *tracked) error {
	t.mu.Lock()
	needed := t.changes != t.written && (t.stored != "" || t.announced())
	t.mu.Unlock()
	if !needed {
		return nil
	}
	return n.commit(ctx, t, nil)
}

// audience is who should hear of a request.
type audience struct {
	// addresses are those that are known.
	addresses []messenger.Address
	// incomplete is set while there may be more. Those that are not known yet bring
	// the request back later.
	incomplete bool
	// undecided is set while it is not known who does not belong to it.
	undecided bool
}

// wanted returns who should hear of the request. Of one that is resolved nobody
// hears unless somebody has; but who has is unknown if its record is damaged. A
// recipient that does not work is not waited for then.
func (n *Notifier) wanted(ctx context.Context, t *tracked, request accessrequest.Request, ok bool) audience {
	resolved := request.State.Resolved()
	if !ok || resolved && !t.underWay() {
		return audience{undecided: true}
	}
	var found audience
	for _, recipient := range n.rules.Recipients(request) {
		address, known := n.resolver.address(ctx, recipient.Name)
		if known {
			found.addresses = append(found.addresses, address)
			continue
		}
		undecided := !n.resolver.decided([]string{recipient.Name})
		found.undecided = found.undecided || undecided
		found.incomplete = found.incomplete || undecided || !resolved
	}
	return found
}

// update takes over the latest state of the request; ok is false when Teleport
// does not have it any more. It reports false when the view is older than what
// somebody has seen already: then the present is still to come.
func (t *tracked) update(request accessrequest.Request, ok bool, cluster message.Cluster) bool {
	switch {
	case ok && t.past(request.State, len(request.Reviews)):
		return false
	case !ok && !t.known && t.record.Summary == nil:
		// Nothing is left to say.
		return true
	case !ok:
		request = t.vanished()
	}
	t.request, t.known, t.ended = request, true, !ok
	t.see(request.State, len(request.Reviews))
	t.message = message.New(request, cluster)
	if digest := t.message.Digest(); digest != t.digest {
		t.digest, t.seen = digest, time.Now()
	}
	if t.record.Summary == nil {
		t.record.Summary = summarise(request)
	}
	return true
}

// vanished returns the last known state of a request that Teleport does not
// have any more. One that nobody saw resolved has expired.
func (t *tracked) vanished() accessrequest.Request {
	request := t.request
	if !t.known {
		request = t.record.Summary.request(t.id, t.record.State)
	}
	if !request.State.Resolved() {
		request.State = t.record.State
	}
	if !request.State.Resolved() {
		request.State = accessrequest.Expired
	}
	return request
}

// want makes sure that there is a delivery for each address of the audience, and
// that nobody else is told who has not been.
func (t *tracked) want(wanted audience, key func(id, address, part string) string) {
	t.incomplete = wanted.incomplete
	if !wanted.undecided {
		t.dismiss(wanted.addresses)
	}
	for _, to := range wanted.addresses {
		if d, ok := t.deliveries[to.ID]; ok {
			d.unwanted = false
			continue
		}
		d := &delivery{to: to}
		if t.suspect {
			// The record that could tell is damaged: look before posting.
			d.unclear, d.settleAt = true, time.Now()
			d.Intent, d.Since = key(t.id, to.ID, ""), t.request.Created.Unix()
		}
		t.deliveries[to.ID] = d
	}
}

// dismiss marks the deliveries to all other addresses as unwanted.
func (t *tracked) dismiss(wanted []messenger.Address) {
	for id, d := range t.deliveries {
		is := func(to messenger.Address) bool { return to.ID == id }
		if !d.unwanted && !slices.ContainsFunc(wanted, is) {
			d.unwanted = true
			t.changes++
		}
	}
}

// todo returns the addresses with something to do, and whether the request is
// finished: nothing to do now and nothing that could come.
func (t *tracked) todo(replies bool) (addresses []messenger.Address, finished bool) {
	for _, d := range t.deliveries {
		if d.next(t, replies) != stepNone {
			addresses = append(addresses, d.to)
		}
	}
	resolved := !t.known || t.record.Closed || t.request.State.Resolved()
	return addresses, resolved && !t.incomplete && !t.behind() && len(addresses) == 0
}
