// Package listen is the door at which chat services knock with the clicks of reviewers.
//
// Any caller may knock. So the door bounds what a call can cost before a messenger has verified
// whose it is: how large it is, how long it takes, how many there are at a time and in a second.
// It says nothing of who lives here: the answer for a notifier that is not there is that for one
// with which nothing can be decided in chat. It repeats nothing of a call, and logs no body.
//
// No call is counted against its sender, who is a chat service or an Ingress in any case. Who
// floods the path of one notifier can keep the clicks for that notifier out, and for no other.
package listen
