// Package review lets reviewers decide on access requests where they read of them.
//
// A click is a claim by a chat service that an account has pressed a button below a message.
// A Desk takes it: is this a message that the notifier has posted about that request, does it
// still show what is asked for, does the notifier offer this decision, and which Teleport user
// has the account? Only then Teleport is asked to count a review of that user, by the path
// that it has for plugins. Teleport alone decides who may review what; the operator never does,
// and never reviews as itself. See docs/review.md for what that is worth against whom.
package review
