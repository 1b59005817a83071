// Package reminder reminds the owners of access lists that these have to be reviewed: once a
// week from two weeks before the date, in one message for all lists of an owner.
//
// When each owner was reminded is kept outside of the process, in one text. A message is
// claimed there before it is posted, as the engine does it with its own, and for the same
// reasons: see docs/decisions/claim-before-each-call.md. A claim of which it is not known
// whether the message was posted is settled by looking for it; if that does not tell, the
// message is posted again under the same key. The waits are those of package timing.
//
// The engine and this package do not know each other. They share the messenger, with its
// pauses, and nothing that goes wrong here is in the way of the requests.
package reminder
