// Package deliver makes the calls that are due: it claims each in the record, makes it while
// the claim is fresh, and says what becomes of it. Outcome is the one place that knows what
// each class of error means for a delivery.
//
// It stands above the other parts of the engine, which it tells how calls end: track holds
// the requests, recorder stores what was learned, breaker hears whether the messenger works,
// recipients which address is in doubt, announce what the owner should hear, dispatch when to
// go on. None of them imports it.
package deliver
