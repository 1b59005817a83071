package accessrequest

import "errors"

// Why the record of a request was not stored. After any other error it may or may not
// have been written, and may still be.
var (
	// ErrConflict means that the record is not the expected one.
	ErrConflict = errors.New("record was changed by another writer")
	// ErrUnknownRequest means that the store knows nothing of the request (any more),
	// so that nothing can be recorded for it.
	ErrUnknownRequest = errors.New("no such access request")
	// ErrRecordTooLarge means that the store has no room for the record.
	ErrRecordTooLarge = errors.New("record is too large")
)
