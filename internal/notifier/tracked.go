package notifier

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// tracked is one access request that is being delivered: its latest state, its
// record, and what this process knows beyond the record.
type tracked struct {
	id string
	// writer marks the records that were written for it.
	writer string

	// writing holds a token while a goroutine writes the record. It is held
	// during calls to the store, and is taken before mu.
	writing chan struct{}

	mu sync.Mutex
	// request is the latest known state; known is false while nothing was seen.
	request accessrequest.Request
	known   bool
	// ended is set while Teleport does not have it any more.
	ended bool
	// seen is when this process heard of the latest change.
	seen time.Time
	// message and digest are what readers should see of request.
	message message.Message
	digest  string

	// record is the record as it should be, without its slots, which live in
	// deliveries. stored is the text that the store holds as far as is known.
	record record
	stored string
	// changes counts changes of the record, written is the count at which it was
	// stored last.
	changes, written int
	// unrecorded is set when the store cannot hold a record for this request.
	unrecorded bool
	// suspect is set when the record that was found could not be read: every
	// address may have been told already. It never changes.
	suspect bool
	// incomplete is set while addresses may be missing from deliveries.
	incomplete bool

	deliveries map[string]*delivery
}

// delivery is the state of one request at one address.
type delivery struct {
	slot
	to messenger.Address

	// begun is when this process recorded the intent last; zero when it did not.
	begun time.Time
	// posting is set while the first message is being posted.
	posting bool
	// unclear is set while nobody knows whether the intended post was made.
	unclear bool
	// settleAt is the earliest time to settle an unclear intent.
	settleAt time.Time
	// doubtful is set when it cannot be found out whether an intended post was
	// made: the address may have been told.
	doubtful bool
	// foreign is set while the unclear intent is somebody else's.
	foreign bool
	// lookForReplies is set while it is not known which replies there are below
	// a message that was found.
	lookForReplies bool
	// plain is set once the full rendering was rejected.
	plain bool
	// unwanted is set while nobody wants the address to be told who has not been.
	unwanted bool
	// silent is set when replies are not accepted.
	silent bool
	// gone is set when there is no message to update any more, or when nothing
	// that could be shown is accepted.
	gone bool
}

func newTracked(id string) *tracked {
	return &tracked{
		id:         id,
		writer:     rand.Text()[:8],
		writing:    make(chan struct{}, 1),
		deliveries: map[string]*delivery{},
	}
}

// adopt takes over a record that was just read. Intents in it that are not the
// writer's own are left alone until settleAt.
func (t *tracked) adopt(r record, stored, writer string, settleAt time.Time) {
	t.stored = stored
	// One that this process has closed, and could not store, is not final: what is
	// to be done may be more by now.
	t.record.Closed = r.Closed
	if r.Summary != nil && t.record.Summary == nil {
		t.record.Summary = r.Summary
	}
	t.see(r.State, r.Reviews)
	for id, theirs := range r.Slots {
		mine, ok := t.deliveries[id]
		if !ok {
			mine = &delivery{to: messenger.Address{ID: id, Direct: theirs.Direct}}
			t.deliveries[id] = mine
		}
		mine.merge(theirs, writer, settleAt)
	}
}

// merge takes over what somebody else recorded for the same address.
func (d *delivery) merge(theirs slot, writer string, settleAt time.Time) {
	turn := max(d.Turn, theirs.Turn)
	defer func() { d.Turn = turn }()
	switch {
	case d.Ref == "" && theirs.Ref == "" && theirs.By == writer:
		// They kept the intent of this process.
		return
	case d.Ref != "" && theirs.Ref == "":
		// This process has posted and they did not know: keep.
		return
	case d.Ref != "" && d.Ref == theirs.Ref:
		if d.Shown != theirs.Shown {
			// Whose update came last is unknown: show the latest again.
			d.Shown = ""
		}
		d.begun = time.Time{}
		if !d.repliesBehind(theirs, writer) {
			return
		}
		d.Replies, d.Intent, d.By, d.Since = theirs.Replies, theirs.Intent, theirs.By, theirs.Since
	case theirs.Ref != "":
		d.slot = theirs
	case theirs.Intent != "":
		d.Intent, d.By, d.Since = theirs.Intent, theirs.By, theirs.Since
	default:
		return
	}
	d.begun = time.Time{}
	d.unclear = d.Intent != "" && d.By != writer
	d.foreign = d.unclear
	d.settleAt = settleAt
}

// withdraw forgets the intent.
func (d *delivery) withdraw() {
	d.Intent, d.By, d.Since, d.begun = "", "", 0, time.Time{}
	d.unclear, d.foreign = false, false
}

// repliesBehind reports whether somebody else knows more of the replies below the
// same message: of a later one, or of an intent that is not this process's own.
func (d *delivery) repliesBehind(theirs slot, writer string) bool {
	switch {
	case theirs.Replies != d.Replies:
		return theirs.Replies > d.Replies
	case theirs.Intent == d.Intent && theirs.By == d.By:
		return d.foreign && theirs.Turn > d.Turn
	default:
		return theirs.Intent != "" || d.By != writer
	}
}

// see notes the latest state that anybody has seen of the request.
func (t *tracked) see(state accessrequest.State, reviews int) {
	if state != "" && !t.past(state, reviews) {
		t.record.State, t.record.Reviews = state, reviews
	}
}

// past reports whether a state lies before one that was already seen.
func (t *tracked) past(state accessrequest.State, reviews int) bool {
	if t.record.State == "" {
		return false
	}
	if t.record.State.Resolved() != state.Resolved() {
		return t.record.State.Resolved()
	}
	return t.record.Reviews > reviews
}

// behind reports whether somebody has seen more of the request than what would be
// shown of it here, so that the rest is still to come.
func (t *tracked) behind() bool {
	return t.known && !t.ended && t.past(t.request.State, len(t.request.Reviews))
}

// announced reports whether anybody was told of the request, as far as that can
// be found out. An unclear post tells once it is settled.
func (t *tracked) announced() bool {
	for _, d := range t.deliveries {
		if d.Ref != "" || d.posting || d.doubtful {
			return true
		}
	}
	return false
}

// underWay reports whether some were told of the request, or may have been, and
// others may have to be.
func (t *tracked) underWay() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.record.Closed && (t.suspect || t.announced())
}

// done reports whether every address shows the final state.
func (t *tracked) done(replies bool) bool {
	if !t.known || t.incomplete || !t.request.State.Resolved() || t.behind() {
		return false
	}
	for _, d := range t.deliveries {
		if d.next(t, replies) != stepNone {
			return false
		}
	}
	return true
}

// closeIfDone marks the record as final once nothing is left to show.
func (t *tracked) closeIfDone(replies bool) {
	if !t.record.Closed && t.done(replies) {
		t.record.Closed = true
		t.changes++
	}
}

// text returns the record as it should be stored.
func (t *tracked) text() string {
	return t.textBy(t.writer)
}

// textBy is text as if somebody else had written it.
func (t *tracked) textBy(writer string) string {
	r := t.record
	r.Version, r.Writer = recordVersion, writer
	r.Slots = make(map[string]slot, len(t.deliveries))
	for id, d := range t.deliveries {
		s := d.slot
		if d.unwanted && s.Ref == "" && s.Intent == "" {
			continue
		}
		s.Direct = d.to.Direct
		if r.Closed {
			s = slot{Direct: s.Direct, Ref: s.Ref}
		}
		r.Slots[id] = s
	}
	if r.Closed {
		r.Summary = nil
	}
	return r.encode()
}
