// Package supervisor owns every running notifier.
//
// Its callers record what should run (Ensure, Remove) and read how it is doing
// (Snapshot); none of these blocks or does I/O. Everything that takes time runs
// in goroutines that descend from Start's context, which is the manager's, so
// that nothing outlives the leadership and nothing dies with a reconcile.
//
// # Trade-offs
//
//   - A notifier is one worker, and each of its specs one run. A new run waits for
//     the end of the one before, which finishes its calls in flight, so that two
//     engines never deliver the same requests. An edit therefore takes effect within
//     seconds rather than at once.
//   - An engine is replaced only if what it was made of has changed. A new
//     identity does not count: the shared Teleport session changes over to it by
//     itself, without a gap and without the engine noticing.
//   - A worker that is removed and made again under the same name is the same
//     worker, so that the old one cannot overlap with the new one.
//   - What a run reports is kept in the run, and dies with it.
package supervisor
