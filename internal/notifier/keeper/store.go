package keeper

import (
	"context"
	"errors"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Store keeps one text per access request, outside of this process.
type Store interface {
	// Load returns the record of a request, "" when there is none.
	Load(ctx context.Context, id string) (string, error)
	// Swap replaces the record old ("" for none) by new. It returns an error that
	// wraps ErrConflict, ErrUnknownRequest or ErrRecordTooLarge of package accessrequest
	// where one of them says why nothing was written; after any other error the record
	// may or may not have been written, and may still be.
	Swap(ctx context.Context, id, old, new string) error
}

// What a Keeper may answer.
var (
	// ErrLost means that a claim was not granted: look at the record again.
	ErrLost = errors.New("claim was not granted")
	// ErrForeign means that the record belongs to another installation.
	ErrForeign = errors.New("record belongs to another installation")
)

// Impossible reports whether an error says that the record cannot be written, rather than
// that this attempt failed. Nothing was written then.
func Impossible(err error) bool {
	return errors.Is(err, accessrequest.ErrUnknownRequest) || errors.Is(err, accessrequest.ErrRecordTooLarge) || errors.Is(err, ErrForeign)
}
