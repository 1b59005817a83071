// Package dispatch decides which delivery may be made now. It knows jobs by their
// address, request, requester and method; what a delivery does is up to its caller.
//
// What it promises:
//   - One address never delays another: each has its own back-off, its own slow
//     retry and its own bound of deliveries under way.
//   - A limit holds back what it is about and nothing else: one method at one
//     address, one method, or the token. When its time is over, one delivery
//     tries whether it is, and the others follow.
//   - Requesters take turns, at each address and among all addresses; the jobs of
//     one requester are taken in order. A flood delays its own requester.
//   - Urgent jobs go first, and leave one turn in five to the others.
//   - A goroutine exists for each delivery under way, never for one that waits.
//     Adding and finishing a job takes the same time however many there are.
//
// The tables. How many calls that come under one limit may be under way; calls that were
// started before a pause say nothing:
//
//	pace    not throttled  throttled
//	full    full           single, after the pause
//	single  full           single, after the pause
//
// Whether an address works; one that does not makes one delivery at a time. A call works if it
// proves that the method which failed would: the same does, any other once that method has had
// time to fail again, and any but a search where nothing could be done:
//
//	condition  call works  call fails           cannot work          Retry         UnblockAll
//	healthy    healthy     failing, backs off   blocked              -             -
//	failing    healthy     failing, for longer  blocked              tried at once -
//	blocked    healthy     blocked              blocked, for longer  -             tried at once
//
// How many deliveries may be under way at an address that works, its window: it begins at
// Window, and is forgotten with the address once that has no jobs:
//
//	call works       two more, at most PerAddress
//	call fails       half as many, at least one; calls that were under way together halve it once
//	call must wait   the same
//
// And what becomes of a job that is being delivered:
//
//	meanwhile    the call worked  more is due                    the call failed
//	not added    gone             as the result says             once more
//	added again  as it was added  as the result says, as urgent  as it was added
//
// It is not built on client-go's workqueue: that hands out keys in the order in
// which they came, or by priority. It has no turns among requesters, and cannot pass
// over the keys of a method that is paused without taking out and putting back each.
package dispatch
