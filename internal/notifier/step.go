package notifier

// step is the next thing to do for one request at one address.
type step int

const (
	stepNone step = iota
	// stepSettle finds out whether an unclear post was made.
	stepSettle
	stepPost
	stepUpdate
	// stepSettleReply finds out whether an unclear reply was made.
	stepSettleReply
	stepReply
)

// next decides what is to be done at the address. The caller holds t.mu.
func (d *delivery) next(t *tracked, replies bool) step {
	switch {
	case d.gone || !t.known:
		return stepNone
	case d.Ref == "":
		return d.first(t)
	case t.behind():
		// What to show is still to come.
		return stepNone
	case d.Shown != t.digest:
		return stepUpdate
	case !replies || d.silent || t.record.Closed || d.Replies >= len(t.message.Reviews):
		// Whoever closed the record has made every reply.
		return stepNone
	case d.unclear:
		return stepSettleReply
	default:
		return stepReply
	}
}

// first is next for an address without a message.
func (d *delivery) first(t *tracked) step {
	switch {
	case t.record.Closed:
		// Whoever closed the record has made every post.
		return stepNone
	case d.unclear:
		return stepSettle
	case d.unwanted || t.behind():
		return stepNone
	case t.request.State.Resolved() && !t.announced():
		return stepNone
	default:
		return stepPost
	}
}
