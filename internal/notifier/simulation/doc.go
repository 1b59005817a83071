// Package simulation lets engines run in made-up worlds: a Teleport that lags,
// lists that lack what is there, records that are written late or by strangers,
// Access Monitoring Rules that change or cannot be read, a chat service that loses
// calls or carries them out after the caller gave up, and one to three engines that
// overlap, crash and restart.
//
// A world is made from a seed. The seed gives a plan: a list of moments (a request
// is approved, an engine is killed) and of faults (from here to there, so many posts
// get no answer). The plan is played in a bubble of testing/synctest, hours in
// milliseconds, and when all faults are over the oracle compares what readers see
// with what Teleport knows. A plan that ends badly is cut down to the fewest
// moments and faults that still end badly, and printed with all that happened.
//
// Engines are driven through the public API of package notifier only.
//
// # Where chance comes from
//
// All goroutines of a bubble that may run at one instant run in any order. So no
// decision is taken from one stream of random numbers: each is a hash of the seed
// and of what it is about, such as "the 2nd post of r3 to C1 by the engine e1.1".
// Each delay is another number of nanoseconds, so that few things happen at the same
// instant. What remains is chance inside the engine: two runs of a seed may differ
// where it starts several calls at one instant.
//
// # Words
//
// An operator is one process with one engine; a slot is its place, where the next
// one starts after it was stopped or killed. A channel is where readers are; an
// address is what the engine calls it. A call is given up when its caller waits no
// longer, and lands when it takes effect.
package simulation
