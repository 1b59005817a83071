// Package directory finds the addresses of recipients without making its caller
// wait: what it does not know yet, it looks up in the background and then announces.
//
// Recipients that the operator configured are looked up first and are remembered for
// good. Persons, whom requesters name, take turns by requester and are remembered
// within bounds, because there may be any number of them.
//
// Failures are kept per recipient. One that looks transient may be about that
// recipient only, such as a malformed answer: it never means that the messenger does
// not work. A caller that wants to know asks package breaker to check (Suspect).
// When several recipients in a row fail in that way, all look-ups share one back-off,
// so that a service that is down is asked a few times a minute, however many wait.
//
// The tables. What is known of one recipient:
//
//	state    found  trouble, pause or refused token  does not exist, or cannot be reached
//	Unknown  Known  Unknown                          Broken
//	Known    Known  Known                            Broken
//	Broken   Known  Broken                           Broken
//
// And how many look-ups may be under way. What was started before a failure says nothing:
//
//	pace    answered  recipients in a row fail   pause or refused token  Retry
//	full    full      single, after a back-off   single, after it        full; single in a pause
//	single  full      single, after a back-off   single, after it        full; single in a pause
package directory
