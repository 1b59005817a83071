// Package notifier is the engine: it makes what people see of access requests
// agree with Teleport, the way Kubernetes controllers make the world agree with
// objects.
//
// # How it works
//
// A Notifier looks at one access request at a time (reconcile): what Teleport
// says of it, who should hear of it, and what its record says was shown to
// whom. Whatever differs becomes work for the lane of an address. A lane
// delivers to one address: in order, a few requests at a time, and one at a
// time while the address gives trouble. Events only say "look again", so a
// missed or repeated event is harmless, and a restart, a failover, an outage
// and a burst all take the same path.
//
// The record of a request lives in Teleport's plugin data and is written by
// compare-and-swap. Before a message is posted, the intent to post it is
// recorded; after, the reference to the message. An intent without a reference
// means that nobody knows whether the message exists. It is settled by looking
// the message up by its key, and if that is not possible or finds nothing, by
// posting again with the same key.
//
// # Trade-offs
//
//   - An intent costs one write to Teleport before each post, about 5 ms. That
//     is the price of "nothing twice".
//   - Intents are written when a post is about to happen, not when it is
//     planned, so that a crash in a burst leaves a handful of unclear outcomes
//     and not the whole burst.
//   - An intent that somebody else wrote is left alone for Timing.SettleDelay,
//     longer than any call takes, because the writer may still be posting. A
//     crash therefore delays the few messages that were being posted.
//   - Failed attempts are not recorded. They cost memory only, and a new process
//     may well start with a fresh attempt.
//   - Back-off belongs to the lane, not to the request: a service that is down is
//     asked by one delivery at a time, and the first success releases all.
//   - Time-outs bound a call, never a delivery. A delivery ends when it has
//     succeeded, or when there is nothing left to deliver.
package notifier
