// Package notifier is the engine: it makes what people see of access requests
// agree with Teleport, the way Kubernetes controllers make the world agree with
// objects.
//
// # How it works
//
// A Notifier looks at one access request at a time (reconcile). It takes the request up,
// observes what Teleport says of it, invites the recipients that should hear of it, decides
// what is next for each of them, and hands the calls that are due to the dispatcher. The
// dispatcher makes one call at a time for each request and address (deliver); what it led to
// is said by one function (outcome). Events only say "look again", so a missed or repeated
// event is harmless, and a restart, a failover, an outage and a burst all take the same
// path. It is drawn in docs/how-it-works.md.
//
// The parts, each a package below this one, with those that it knows:
//
//   - record: what is kept in Teleport's plugin data, as a value
//   - keeper: its compare-and-swap (record)
//   - predecessor: what another plugin has told before (record)
//   - plan: what is next for one recipient, why, and when; the table of states (record)
//   - dispatch: which call may be made now; fair: who takes turns; gate: whether any may
//   - queue: which requests are to be looked at, and when (gate)
//   - directory: the addresses of recipients
//   - breaker: whether the messenger is usable
//   - track: one request that is worked on (dispatch, keeper, plan, record)
//   - registry: all of them (delta, keeper, record, track); delta: texts that are much alike
//   - observe: what may be believed of Teleport (record, timing, track)
//   - announce: what the owner should hear of once
//   - recorder: whether records can be kept (announce, keeper, timing, track)
//   - quarantine: requests that panic (announce); guard: goroutines; timing: the delays;
//     trouble: whether it is the messenger or an address that fails (dispatch)
//   - intake: which requests are worked on (keeper, predecessor, record, recorder, registry,
//     timing, track)
//   - recipients: who should hear of what, and where (announce, breaker, directory,
//     quarantine, record, registry, timing, track)
//   - deliver: the calls (all of the above but intake and observe)
//
// This package makes the parts and puts them together: queue and reconcile are the loop,
// again is what has everything looked at once more, status is what the owner reads.
//
// # Trade-offs
//
//   - A claim costs one write to Teleport before each call, about 5 ms. That is the
//     price of "nothing twice" and "always true".
//   - The claim of another writer is left alone for Timing.Foreign. A crash
//     therefore delays the few messages that were being posted.
//   - A message is edited without a claim only while its record cannot be written for
//     longer than that. Such an edit does not count, and is repeated.
//   - Failed attempts are not recorded. They cost memory only, and a new process
//     may well start with a fresh attempt.
//   - Time-outs bound a call, never a delivery. A delivery ends when it has
//     succeeded, or when there is nothing left to deliver.
package notifier
