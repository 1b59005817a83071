// Package record is what is kept of an access request outside of the process: to
// whom it was announced, what each message shows, and who is about to change what.
//
// A Record is a value. Changes to it are pure functions, which can be repeated: each
// says what one process has learned, and is applied to whatever the store holds by
// then. That is the whole merge of two writers.
//
// A Keeper keeps the Record of one request in a store by compare-and-swap. It applies
// what its process has learned to what other processes have stored, grants claims,
// and remembers when it saw the claims of others.
//
// Whatever the store returns may have been written by another version, by another
// plugin, or by someone with bad intentions. Decode never fails: it keeps what makes
// sense, within bounds, and marks the record as damaged if something was lost, so
// that messages which it may have told of are searched for before anything is posted.
package record
