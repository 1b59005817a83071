package notifier

import (
	"context"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/directory"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// host knows who should hear of which request.
type host struct {
	router    routing.Router
	directory *directory.Directory
	requests  *track.Registry
}

// invite finds out which recipients should hear of the request, and makes sure that there is
// a delivery for each of them. Of one that is resolved hear only the recipients that have
// heard, or that are still being looked up; but who has heard is unknown if its record is
// damaged.
func (h host) invite(ctx context.Context, t *track.Request, problems map[string]*messenger.Error) {
	now, have := t.Truth(), t.Keeper.Record()
	pending := now.Certainty == track.Current && !now.Mark.State.Resolved()
	var found track.Audience
	expectsMore := t.ExpectsMore(have)
	if pending || now.Certainty != track.Unseen && (have.Damaged || expectsMore) {
		found = h.audience(ctx, t.ID, now.Request, pending)
	}
	t.Invite(found, pending, problems)
}

// audience asks the router and the directory. A rule that cannot be judged, or a recipient
// that does not work, is not waited for once the request is resolved.
func (h host) audience(ctx context.Context, id string, request accessrequest.Request, pending bool) track.Audience {
	route, err := h.router.Route(ctx, request)
	concerned := route.Recipients
	if h.allBroken(route.ByRule, request.User) {
		// What the rules name does not count, but may be found again.
		h.requests.WaitFor(id, slices.Concat(route.Otherwise, route.ByRule))
		concerned = route.Otherwise
	} else {
		h.requests.WaitFor(id, concerned)
	}
	found := track.Audience{Extent: track.Whole, RuleFailure: err}
	if err != nil && pending {
		found.Extent = track.Partial
	}
	for _, recipient := range concerned {
		answer := h.directory.Lookup(recipient, request.User)
		switch answer.State {
		case directory.Known:
			same := func(g track.Guest) bool { return g.To.ID == answer.Address.ID }
			if !slices.ContainsFunc(found.Guests, same) {
				found.Guests = append(found.Guests, track.Guest{To: answer.Address, Name: recipient.Name})
			}
		case directory.Broken:
			if !recipient.Person && pending {
				found.Broken++
			}
		default:
			found.Extent = track.Partial
		}
	}
	return found
}

// allBroken reports whether there are recipients, and none of them can be found.
func (h host) allBroken(recipients []routing.Recipient, requester string) bool {
	for _, recipient := range recipients {
		if h.directory.Lookup(recipient, requester).State != directory.Broken {
			return false
		}
	}
	return len(recipients) > 0
}
