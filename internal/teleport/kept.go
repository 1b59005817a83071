package teleport

import (
	"reflect"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// kept is a request as the mirror and lists hold it. There may be tens of thousands, of which most
// are pending and have no review: a fourth of what an accessrequest.Request takes does.
type kept struct {
	id, user, reason string
	terms            *heldTerms
	// rest is what most requests do not have, shared by those.
	rest *rest
	// seconds since 1970 and nanoseconds of the times that requests have.
	seconds [timesOfRequest]int64
	nanos   [timesOfRequest]int32
}

// timesOfRequest are when a request was made, when it and its access end, and the latest end.
const timesOfRequest = 4

// rest is what tells a request from one that waits for its first review.
type rest struct {
	state         accessrequest.State
	resolveReason string
	promotedTo    string
	resources     []accessrequest.Resource
	logins        map[string][]string
	reviews       []accessrequest.Review
	assumeStart   time.Time
	kind          accessrequest.Kind
	incomplete    bool
	dryRun        bool
}

// waiting is the rest of a request that waits for its first review. It is not changed.
var waiting = &rest{state: accessrequest.Pending}

// keep returns a request as it is held. Its terms are held until they are released.
func (s *sharedTerms) keep(r accessrequest.Request) kept {
	k := kept{id: r.ID, user: r.User, reason: r.Reason, terms: s.hold(termsOf(r)), rest: restOf(r)}
	for i, t := range [timesOfRequest]time.Time{r.Created, r.Expires, r.AccessExpires, r.MaxDuration} {
		k.seconds[i], k.nanos[i] = t.Unix(), int32(t.Nanosecond()) //nolint:gosec // below a billion
	}
	return k
}

func restOf(r accessrequest.Request) *rest {
	of := rest{
		state: r.State, resolveReason: r.ResolveReason, promotedTo: r.PromotedTo, resources: r.Resources, logins: r.Logins,
		reviews: r.Reviews, assumeStart: r.AssumeStart, kind: r.Kind, incomplete: r.Incomplete, dryRun: r.DryRun,
	}
	if reflect.DeepEqual(of, *waiting) {
		return waiting
	}
	return &of
}

// request returns the request that was kept, with its times in UTC.
func (k *kept) request() accessrequest.Request {
	r := accessrequest.Request{
		ID: k.id, User: k.user, Reason: k.reason,
		State: k.rest.state, ResolveReason: k.rest.resolveReason, PromotedTo: k.rest.promotedTo,
		Resources: k.rest.resources, Logins: k.rest.logins, Reviews: k.rest.reviews,
		Created: k.time(0), Expires: k.time(1), AccessExpires: k.time(2), MaxDuration: k.time(3),
		AssumeStart: k.rest.assumeStart, Kind: k.rest.kind, Incomplete: k.rest.incomplete, DryRun: k.rest.dryRun,
	}
	k.terms.giveTo(&r)
	return r
}

func (k *kept) time(i int) time.Time { return time.Unix(k.seconds[i], int64(k.nanos[i])).UTC() }
