package recipients

import (
	"context"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/directory"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// Invite finds out which recipients should hear of the request, and makes sure that there is
// a delivery for each of them. Of one that is resolved hear only the recipients that have
// heard, or that are still being looked up; but who has heard is unknown if its record is
// damaged. Of a request that is gone the record may not say who asked for what: no rule is asked
// about that.
func (r *Recipients) Invite(ctx context.Context, t *track.Request, problems map[string]*messenger.Error) {
	now, have := t.Truth(), t.Keeper.Record()
	pending := now.Certainty == track.Current && !now.Mark.State.Resolved()
	var found track.Audience
	expectsMore := t.ExpectsMore(have)
	switch {
	case now.Certainty == track.Unseen:
		// It is asked who should hear once it is known what became of the request.
	case !pending && now.Request.User == "":
		found.Extent = track.Whole
	case pending, have.Status == record.Damaged, expectsMore:
		found = r.audience(ctx, t.ID, now.Request, pending)
	}
	recognise(t, &found)
	t.Invite(found, pending, problems)
}

// audience asks the router and the directory. A rule that cannot be judged, or a recipient
// that does not work, is not waited for once the request is resolved.
func (r *Recipients) audience(ctx context.Context, id string, request accessrequest.Request, pending bool) track.Audience {
	route, err := r.options.Router.Route(ctx, request)
	concerned, others := route.Recipients, []routing.Recipient(nil)
	rulesBroken := r.allBroken(route.ByRule, request.User)
	if rulesBroken {
		// What the rules name does not count, but may be found again.
		concerned, others = route.Otherwise, route.ByRule
	}
	r.options.Requests.WaitFor(id, slices.Concat(concerned, others, besides(route)))
	found := track.Audience{Extent: track.Whole, RuleFailure: err, Suppressed: route.Suppressed}
	if err != nil && pending {
		found.Extent = track.Partial
	}
	for _, recipient := range concerned {
		answer := r.Lookup(recipient, request.User)
		if answer.State == directory.Known {
			found.Guests, _ = add(found.Guests, track.Guest{To: answer.Address, Name: recipient.Name, Reader: readerOf(recipient)})
			continue
		}
		if answer.State == directory.Unknown {
			found.Extent = track.Partial
		}
		if !recipient.Person && pending {
			found.Unresolved++
		}
	}
	if rulesBroken && pending && len(found.Guests) == 0 {
		// Nor is there another to be told in their place.
		found.Unresolved += brokenByRule(route.ByRule, concerned)
	}
	r.mention(&found, route.Mentions)
	if pending {
		r.remind(&found, route.Reminders, concerned, request)
	}
	found.LeftOut = routing.LeftOut(request, concerned)
	return found
}

// besides are the recipients that a route mentions, or that it reminds.
func besides(route routing.Route) (named []routing.Recipient) {
	for _, mention := range route.Mentions {
		named = append(named, mention.Group)
	}
	for _, reminder := range route.Reminders {
		named = append(named, reminder.Recipients...)
	}
	return named
}

// brokenByRule counts the channels that rules name and that are not counted otherwise.
func brokenByRule(named, counted []routing.Recipient) int {
	return len(slices.DeleteFunc(slices.Clone(named), func(who routing.Recipient) bool {
		return who.Person || slices.Contains(counted, who)
	}))
}

// add adds a guest, each address once, and returns its place. Rules may name one recipient in
// two ways, of which one was looked up while the messenger knew it by name only: that is one
// address as well. Who asks reads as such also where rules name the address: no reviewer
// decides on a request of their own.
func add(guests []track.Guest, g track.Guest) (all []track.Guest, at int) {
	for i := range guests {
		have := &guests[i]
		named := have.Name == g.Name && have.To.Direct == g.To.Direct
		same := have.To.ID == g.To.ID || named && g.To.ByName && !have.To.ByName
		known := named && have.To.ByName && !g.To.ByName
		if known {
			have.To = g.To
		}
		if (same || known) && g.Reader == record.Requester {
			have.Reader = g.Reader
		}
		if same || known {
			return guests, i
		}
	}
	return append(guests, g), len(guests)
}

// readerOf returns as what a recipient reads of a request.
func readerOf(recipient routing.Recipient) record.Reader {
	if recipient.Requester {
		return record.Requester
	}
	return record.Reviewer
}

// allBroken reports whether there are recipients, and none of them can be found.
func (r *Recipients) allBroken(all []routing.Recipient, requester string) bool {
	for _, recipient := range all {
		if r.Lookup(recipient, requester).State != directory.Broken {
			return false
		}
	}
	return len(all) > 0
}

// Announce gives notice of a request that is pending and has no recipient, or of which the
// recipients are not known. That is judged again after the returned time.
func (r *Recipients) Announce(t *track.Request) (again time.Duration) {
	count := t.Count()
	r.options.Announcer.RulesJudged(t.ID, count.RuleFailure)
	if count.RuleFailure != nil {
		again = r.options.Timing.SlowRetry
	}
	if count.Unannounced {
		r.options.Announcer.NotAnnounced(t.ID)
	}
	return again
}
