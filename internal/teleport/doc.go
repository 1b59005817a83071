// Package teleport is the only room that speaks with Teleport: it reads
// identities, keeps sessions, mirrors access requests and stores records in
// plugin data.
//
// # Sessions are shared
//
// A [Pool] gives every notifier with the same [Key] the same [Session]: one
// connection, one event stream and one list, however many notifiers there are.
// The price is that they share its fate: when the connection ends, it ends for
// all of them, and a [SessionHandle] must be released, or the session stays.
//
// # The mirror may be late, never wrong for long
//
// A session keeps every access request in memory, in every state. It is read
// from a list and kept by events; after each reconnect, and every ten minutes,
// the list is read again, beside the events. Readers must know that:
//
//   - Absence means nothing before [Session.Synced] reports true, and is no fact
//     after that: a list may lack what is there. Only
//     [accessrequest.Deleted] says that Teleport was heard to delete a request.
//     [Session.Refresh] asks.
//   - The mirror trails Teleport by the delay of its events, up to seconds, and
//     keeps showing the last known state while Teleport is away.
//   - Events, lists and answers may contradict each other. cache.go has the rules
//     by which one of them is believed. Where a list is not, it is read again
//     soon.
//   - An empty list is not believed about requests that have not ended, since
//     Teleport answers so without the permission to list, too. A request that
//     was deleted while Teleport was away, with no other in the cluster, stays
//     until its expiry.
//   - Memory is bounded. Where there is no room, what is over is kept as a digest
//     ([accessrequest.Request.Incomplete]), and when there is none even so, the
//     session gives up with [LimitExceeded].
//
// # Rules come with the requests
//
// Access Monitoring Rules are mirrored by the same stream and the same lists, and are
// read before the requests that they are about. A server or a role that does not give
// them costs nothing but a sentence. What a rule has that this version does not know is
// noted: it may limit the rule.
//
// # Teleport is not trusted
//
// A tenant names its address. Every connection goes through a guard, what is
// read has bounds in size and time, and what cannot be read is skipped and named.
// A panic costs the connection, not the process.
//
// # Connections are replaced, not repaired
//
// Teleport checks a certificate when a connection is made and never again. So
// an identity is replaced by connecting anew: the new connection is up and its
// list is read before the old one is closed, and an identity that does not
// work leaves the old connection alone while it lives. A connection that ends
// or stops answering is closed and made anew with the newest identity: at once
// the first time, then after an exponential back-off with jitter.
//
// # Records are compare-and-swap
//
// Plugin data belongs to an access request and outlives it by about an hour. A
// call is bounded by its own deadline and fails at once when there is no
// connection: repeating it is the caller's business, since only the caller
// knows whether it still matters.
package teleport
