package notifier

import (
	"context"
	"errors"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// Feed is a live view of the access requests of one Teleport cluster.
type Feed interface {
	// Get returns the latest known state of a request, and whether Teleport has it.
	Get(id string) (accessrequest.Request, accessrequest.Presence)
	// Refresh asks Teleport for one request: what Get says afterwards is as new as
	// the answer.
	Refresh(ctx context.Context, id string) error
	// IDs lists the requests that Teleport has, in every state.
	IDs() []string
	// Cluster describes the Teleport cluster to readers.
	Cluster() message.Cluster
	// Subscribe tells s of changes until the returned function is called. If the
	// view is complete already, s.Synced is called at once.
	Subscribe(s Subscriber) (unsubscribe func())
}

// Subscriber hears of changes in a Feed. Its methods return quickly.
type Subscriber interface {
	// Synced is called whenever the view has been compared with a full list.
	Synced()
	// Changed is called when one request may have changed or gone.
	Changed(id string)
}

// Records keeps one text per access request, outside of this process.
type Records interface {
	// Load returns the record of a request, "" when there is none.
	Load(ctx context.Context, id string) (string, error)
	// LoadAll returns all records by request id.
	LoadAll(ctx context.Context) (map[string]string, error)
	// Swap replaces the record old ("" for none) by new. It returns an error
	// that wraps ErrConflict, ErrUnknownRequest or ErrRecordTooLarge where one
	// of them says why nothing was written; after any other error the record may
	// or may not have been written.
	Swap(ctx context.Context, id, old, new string) error
}

// What a Records may answer instead of writing.
var (
	// ErrConflict means that the record is not the expected one.
	ErrConflict = errors.New("record was changed by somebody else")
	// ErrUnknownRequest means that the store knows nothing of the request (any
	// more), so that nothing can be recorded for it.
	ErrUnknownRequest = errors.New("no such access request")
	// ErrRecordTooLarge means that the store has no room for the record.
	ErrRecordTooLarge = errors.New("record is too large")
)

// Notice is something that the owner of a notifier should hear of once.
type Notice struct {
	// Reason is a CamelCase word, as in Kubernetes Events.
	Reason string
	// Text is one sentence without secrets and without text by requesters.
	Text string
	// Warning is true for what needs attention.
	Warning bool
}

// Reasons of notices.
const (
	ReasonRecipientFailed   = "RecipientFailed"
	ReasonRecipientRestored = "RecipientRestored"
	ReasonReviewerSkipped   = "SuggestedReviewerSkipped"
	ReasonContentRejected   = "ContentRejected"
	ReasonRecordImpossible  = "RecordImpossible"
)
