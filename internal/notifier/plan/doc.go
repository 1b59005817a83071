// Package plan decides what is next for one recipient of an access request, why, and
// when to look again. It does nothing itself: Next is a function of its argument.
//
// What is known of a recipient is in two places. The record says what every operator
// knows: the message, what it shows, and the claims of operators that are about to change
// something. Memory says what only this process knows: how its own calls ended.
//
// The table, record by event. L is how long after its claim was sent a call may begin,
// D how long a call that was given up may still take effect, E how far a search may
// trail, and S how long the claim of another operator is left alone from sight.
//
//	record                    pending                decided                 own call unclear       S over
//	nothing                   Post                   NeverAnnounced          -                      -
//	own claim to post         Post                   Withdraw                wait D+E, then Find    -
//	claim by another to post  ClaimedByOther         ClaimedByOther          -                      Find, then Post or Withdraw
//	message shows the state   UpToDate               UpToDate, closed        -                      -
//	message shows another     Edit                   Edit                    wait D, Edit again     -
//	own claim to edit         Edit                   Edit                    wait D, Edit again     -
//	claim by another to edit  ClaimedByOther; Edit if the state is newer     -                      Edit
//	own claim to reply        Reply                  Reply                   wait D+E, then Find    -
//	claim by another to reply ClaimedByOther         ClaimedByOther          -                      Find, then Reply
//	a note is due             MakeNote               UpToDate                -                      -
//	own claim to note         MakeNote               Withdraw                wait D+E, then Find    -
//	claim by another to note  ClaimedByOther         ClaimedByOther          -                      Find, then MakeNote or Withdraw
//	message cannot be edited  Follow instead of Edit, with a claim as for Post; so it is
//	                          with every message where a messenger edits none
//
// Where the messenger says how much time lies between two messages about one request, Follow and
// MakeNote wait for so long after the last message that has come, or may have.
//
// Where a note changes the message that it follows, one that is unclear, or claimed by another, is
// to edits what an edit of that kind is.
//
// A claim to note is left alone while it is not known whether the rules still want the note.
//
// Notes follow a message that is true. Those of the stage Reminder are for pending requests;
// another stage has another state.
//
// A claim that is older than L is claimed again before a call. Where messages cannot be
// searched for, Find answers that it is not known, and the call is made again: twice is
// better than never.
//
// An edit counts as shown only if it began when no earlier one could take effect any
// more. An earlier one is made for the reader's sake and repeated.
package plan
