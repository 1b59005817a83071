package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// service is whose fault a fault is.
type service string

const (
	chatService    service = "chat"
	recordsService service = "records"
	feedService    service = "feed"
)

// faultKind is what goes wrong.
type faultKind string

// Faults of calls, to the chat service and to Teleport.
const (
	// refused calls are answered with an error and have no effect.
	refused faultKind = "refused"
	// hanging calls get no answer and have no effect.
	hanging faultKind = "hanging"
	// lostBefore calls fail without a clear outcome, and have no effect.
	lostBefore faultKind = "lost-before"
	// lostAfter calls fail without a clear outcome, and have taken effect.
	lostAfter faultKind = "lost-after"
	// late calls get no answer, and take effect after they were given up.
	late faultKind = "late"
	// slow calls take almost as long as they may.
	slow faultKind = "slow"
	// throttled calls are answered with how long to wait.
	throttled faultKind = "throttled"
	// busy services ask to wait, and may have carried the call out all the same.
	busy faultKind = "busy"
	// full stores have no room for the record of a request.
	full faultKind = "full"
	// cannotLook makes searches impossible.
	cannotLook faultKind = "cannot-look"
	// denied calls are not allowed to the operator's role.
	denied faultKind = "denied"
)

// Faults of the feed of events and lists.
const (
	// disconnected feeds hear nothing, and list anew in the end.
	disconnected faultKind = "disconnected"
	// lagging feeds hear of each event late.
	lagging faultKind = "lagging"
	// dropping feeds never hear of some events.
	dropping faultKind = "dropping"
	// repeating feeds hear of some events twice.
	repeating faultKind = "repeating"
	// trailing lists show what was.
	trailing faultKind = "trailing"
	// omitting lists lack a request.
	omitting faultKind = "omitting"
	// emptyList is what Teleport answers without the permission to list.
	emptyList faultKind = "empty-list"
	// failing lists fail.
	failingList faultKind = "failing-list"
	// slowList lists take long.
	slowList faultKind = "slow-list"
	// unreadRules are Access Monitoring Rules that cannot be read for a while, and deniedRules
	// those that the operator's role may not read.
	unreadRules faultKind = "unread-rules"
	deniedRules faultKind = "denied-rules"
)

// fault is something that goes wrong for a while.
type fault struct {
	from, to time.Duration
	service  service
	kind     faultKind
	// methods are those that it concerns, all if there is none.
	methods []string
	// slot is the place of the operator that it concerns, 0 for all.
	slot int
	// channel and request narrow it down, "" for all.
	channel, request string
	// p is how likely it is for each call.
	p float64
	// class is how calls are refused.
	class messenger.Class
	// wait is how long to wait, to lag or to trail; scope says which calls wait.
	wait  time.Duration
	scope messenger.Scope
	// salt tells the dice of faults apart.
	salt uint64
}

func (f fault) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s until %s", f.service, f.kind, clock(f.to))
	if f.service == chatService && f.kind == refused {
		fmt.Fprintf(&text, " class=%s", f.class)
	}
	if len(f.methods) > 0 {
		fmt.Fprintf(&text, " calls=%s", strings.Join(f.methods, ","))
	}
	if f.slot > 0 {
		fmt.Fprintf(&text, " engine=e%d", f.slot)
	}
	if f.channel+f.request != "" {
		fmt.Fprintf(&text, " at=%s%s", f.channel, f.request)
	}
	if f.wait > 0 {
		fmt.Fprintf(&text, " wait=%s", f.wait.Round(time.Millisecond))
	}
	if f.kind == throttled || f.kind == busy {
		fmt.Fprintf(&text, " scope=%d", f.scope)
	}
	if f.p < 1 {
		fmt.Fprintf(&text, " p=%.2f", f.p)
	}
	return text.String()
}

// active reports whether the fault is there at an instant.
func (f fault) active(now time.Duration) bool {
	return f.from <= now && now < f.to
}

// overlaps reports whether the fault is there between two instants.
func (f fault) overlaps(from, to time.Duration) bool {
	return f.from < to && from < f.to
}

// pause is for how long the calls have to wait that it touched last.
func (f fault) pause() time.Duration {
	if f.kind == throttled || f.kind == busy {
		return f.wait
	}
	return 0
}

// concerns reports whether the fault can touch a call.
func (f fault) concerns(c callID) bool {
	method := c.method
	if method == "note" {
		method = "post"
	}
	return (len(f.methods) == 0 || slices.Contains(f.methods, method)) &&
		(f.slot == 0 || f.slot == c.slot) &&
		(f.channel == "" || f.channel == c.channel) &&
		(f.request == "" || f.request == c.request)
}
