// Package conformance checks that a messenger keeps the promises of
// messenger.Messenger, against the strict simulator of its service. What every
// messenger has to do is checked here, once; the package of a messenger checks
// only what is special about its service.
package conformance

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// Subject is a messenger to check, and what is special about its service.
type Subject struct {
	// New makes the messenger.
	New func(messenger.Config) (messenger.Messenger, error)
	// Simulate makes the service's simulator.
	Simulate func(messengertest.Options) messengertest.Simulator
	// Path is the path of the API in the simulator's URL.
	Path string

	// Channel returns all ways to write a channel as a recipient.
	Channel func(id, name string) []string
	// Person returns all ways to write a person as a recipient.
	Person func(id, email string) []string
	// Nowhere are recipients that do not exist, or cannot.
	Nowhere []string
	// Absent is an id that a message could have, and none has.
	Absent string

	// Idempotent is true when a key posts once, within the service's window.
	Idempotent bool
	// Replies is true for a messenger.Replier.
	Replies bool
	// Searches is true for a Finder that returns all messages with a key, oldest
	// first, whatever others have posted since.
	Searches bool
	// Follows is true for a messenger.Follower. Its simulator obeys
	// Options.EditLimit.
	Follows bool
	// FindsPeople is true for a messenger.PersonResolver.
	FindsPeople bool
	// KnowsAccount is true for a messenger.Accounter.
	KnowsAccount bool

	// ChannelCalls are what the simulator calls the methods that look for channels.
	ChannelCalls []string
	// PostCall and UpdateCall are what the simulator calls the methods with which
	// Post and Update begin.
	PostCall, UpdateCall string
	// EditCall is what it calls the method that edits, where Update begins with
	// another one.
	EditCall string
	// Refusals are answers of the service, by the class that they belong to.
	// Those of the classes MessageGone and MessageFinal are given to an update, all
	// others to a post.
	Refusals map[messenger.Class][]messengertest.Failure
}

// Codes are the answers with a service's own error codes.
func Codes(codes ...string) []messengertest.Failure {
	failures := make([]messengertest.Failure, len(codes))
	for i, code := range codes {
		failures[i].Code = code
	}
	return failures
}

// Run checks the subject.
func Run(t *testing.T, subject Subject) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	for _, part := range []struct {
		name  string
		check func(*testing.T, Subject)
	}{
		{"construction", checkConstruction},
		{"token", checkToken},
		{"recipients", checkRecipients},
		{"one address", checkOneAddress},
		{"life of a message", checkLife},
		{"plain message", checkPlain},
		{"key", checkKey},
		{"find", checkFind},
		{"find all", checkFindAll},
		{"find in a crowd", checkFindInCrowd},
		{"find among long messages", checkFindAmongLong},
		{"follow", checkFollow},
		{"person", checkPerson},
		{"account", checkAccount},
		{"reply", checkReply},
		{"order of facts", checkOrder},
		{"refusals", checkRefusals},
		{"message gone", checkGone},
		{"server errors", checkServerErrors},
		{"refused connection", checkRefusedConnection},
		{"lost request", checkLostRequest},
		{"lost answer", checkLostAnswer},
		{"late effect", checkLateEffect},
		{"unavailable", checkUnavailable},
		{"hanging server", checkHang},
		{"throttling", checkThrottling},
		{"rate limits", checkRateLimits},
		{"shared throttle", checkSharedThrottle},
		{"end of the context", checkContext},
		{"concurrent use", checkConcurrency},
		{"oversize content", checkOversize},
		{"hostile content", checkHostile},
		{"blank content", checkBlank},
		{"secrets", checkSecrets},
	} {
		t.Run(part.name, func(t *testing.T) { part.check(t, subject) })
	}
}
