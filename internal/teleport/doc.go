// Package teleport is the only room that speaks with Teleport: it reads
// identities, keeps sessions, mirrors access requests and stores records in
// plugin data.
//
// # Sessions are shared
//
// A [Pool] gives every notifier with the same [Key] the same [Session]: one
// connection, one event stream and one list, however many notifiers there are.
// The price is that they share its fate: when the connection ends, it ends for
// all of them, and a [Lease] must be released, or the session stays.
//
// # The mirror may be late, never wrong for long
//
// A session keeps every access request in memory, in every state. It is read
// from a list and kept by events; after each reconnect, and every ten minutes,
// the list is read again. Readers must know that:
//
//   - Absence means nothing before [Session.Synced] reports true.
//   - The mirror trails Teleport by the delay of its events, up to seconds, and
//     keeps showing the last known state while Teleport is away.
//   - A request does not go backwards: an event that is older than a list does
//     not win, nor does a list that is older than an event. Where the two
//     disagree on whether a request exists, the event is believed for some
//     seconds and the list is read again soon.
//   - An empty list is not believed about requests that have not ended, since
//     Teleport answers so without the permission to list, too. A request that
//     was deleted while Teleport was away, with no other in the cluster, stays
//     until its expiry.
//   - Memory grows with the number of requests that Teleport keeps.
//
// # Connections are replaced, not repaired
//
// Teleport checks a certificate when a connection is made and never again. So
// an identity is replaced by connecting anew: the new connection is up and its
// list is read before the old one is closed, and an identity that does not
// work leaves the old connection alone while it lives. A connection that ends
// or stops answering is closed and made anew with the newest identity, after an
// exponential back-off with jitter.
//
// # Records are compare-and-swap
//
// Plugin data belongs to an access request and outlives it by about an hour. A
// call is bounded by its own deadline and fails at once when there is no
// connection: repeating it is the caller's business, since only the caller
// knows whether it still matters.
package teleport
