// Package record is what is kept of an access request outside of the process: to
// whom it was announced, what each message shows, and who is about to change what.
//
// A Record is a value. Changes to it are pure functions, which can be repeated: each
// says what one process has learned, and is applied to whatever the store holds by
// then. That is the whole merge of two writers.
//
// Whatever the store returns may have been written by another version, by another
// plugin, or by someone with bad intentions. Decode never fails: it keeps what makes
// sense, within bounds, and marks the record as damaged if something was lost, so
// that messages which it may name are searched for before anything is posted.
//
// The table of a record's status:
//
//	status   Close   another mark, a message, an edit claimed   a part is lost
//	Open     Closed  Open                                       Damaged
//	Damaged  Closed  Damaged                                    Damaged
//	Closed   Closed  Open                                       Damaged
//
// A closed record forgets that it was damaged: all messages that there are show how the
// request ended.
package record
