package keeper

import (
	"context"
	"errors"
)

// Store keeps one text per access request, outside of this process.
type Store interface {
	// Load returns the record of a request, "" when there is none.
	Load(ctx context.Context, id string) (string, error)
	// Swap replaces the record old ("" for none) by new. It returns an error that
	// wraps ErrConflict, ErrUnknownRequest or ErrTooLarge where one of them says why
	// nothing was written; after any other error the record may or may not have been
	// written, and may still be.
	Swap(ctx context.Context, id, old, new string) error
}

// What a Store may answer instead of writing.
var (
	// ErrConflict means that the record is not the expected one.
	ErrConflict = errors.New("record was changed by another writer")
	// ErrUnknownRequest means that the store knows nothing of the request (any more),
	// so that nothing can be recorded for it.
	ErrUnknownRequest = errors.New("no such access request")
	// ErrTooLarge means that the store has no room for the record.
	ErrTooLarge = errors.New("record is too large")
)

// What a Keeper may answer.
var (
	// ErrLost means that a claim was not granted: look at the record again.
	ErrLost = errors.New("claim was not granted")
	// ErrForeign means that the record belongs to another installation.
	ErrForeign = errors.New("record belongs to another installation")
)
