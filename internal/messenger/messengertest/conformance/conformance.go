// Package conformance checks that a messenger keeps the promises of
// messenger.Messenger, against the strict simulator of its service. What every
// messenger has to do is checked here, once; the package of a messenger checks
// only what is special about its service.
package conformance

import (
	"cmp"
	"maps"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// Subject is a messenger to check, and what is special about its service.
type Subject struct {
	// Descriptor describes the messenger. What it claims is checked, and nothing else.
	Descriptor messenger.Descriptor
	// Simulate makes the service's simulator.
	Simulate func(messengertest.Options) messengertest.Simulator
	// Path is the path of the API in the simulator's URL.
	Path string
	// Secrets are those of the simulator's bot besides its token, by their names.
	Secrets messenger.Secrets
	// SecretsOf are all secrets of the bot that has a token, for a service to which the token
	// only stands for them. Default: the token, and Secrets.
	SecretsOf func(token string) messenger.Secrets
	// Scheme begins an address; "http" by default. A service that has another does not speak HTTP:
	// the package of its messenger checks what becomes of answers that are none.
	Scheme string
	// Untimed is how long a call waits whose service asks for fewer and cannot say when. It is
	// 0 for a service that says.
	Untimed time.Duration
	// OneKind is true where all addresses are alike, and count as those of people.
	OneKind bool
	// Believed is for how long Check believes that the token works which has worked before.
	Believed time.Duration
	// Door is the path at which the bot gets what lets it in, if it asks for that: it is another
	// host's in life, and works whatever becomes of the service.
	Door string
	// Once is true for a service that never makes a second message of one key.
	Once bool
	// EmptyList is true where an object without members answers Check: a list of nothing.
	EmptyList bool
	// AnyBody is true for a service whose every success is one, whatever its body says.
	AnyBody bool
	// Unknowing is true for a service that takes whatever recipient there is, and what is said of
	// a message that it does not have: it refuses nothing because of them. What follows a
	// message is a part of it.
	Unknowing bool

	// Redelivers is true for a service that hands a press on again whose answer it missed.
	Redelivers bool
	// Wraps is true where the value of a button is not to be seen in the message.
	Wraps bool
	// TellsAtOnce is true for a service whose people are told nothing once a press was answered.
	TellsAtOnce bool
	// MembersOnly is true for a service that has no guests, and forgets accounts that end.
	MembersOnly bool
	// ShownForm is how the service shows a form. Default: as it is.
	ShownForm func(messengertest.Form) messengertest.Form

	// Channel returns all ways to write a channel as a recipient.
	Channel func(id, name string) []string
	// Person returns all ways to write a person as a recipient. It is nil where there are only
	// channels.
	Person func(id, email string) []string
	// Nowhere are recipients that do not exist, or cannot.
	Nowhere []string
	// Absent is an id that a message could have, and none has.
	Absent string

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

// can returns what the messenger claims.
func (s Subject) can() messenger.Capabilities { return s.Descriptor.Capabilities }

// secrets let a bot in that has the token.
func (s Subject) secrets(token string) messenger.Secrets {
	if s.SecretsOf != nil {
		return s.SecretsOf(token)
	}
	all := messenger.Token(token)
	maps.Copy(all, s.Secrets)
	return all
}

// address is that of the service at a host.
func (s Subject) address(host string) string {
	return cmp.Or(s.Scheme, "http") + "://" + host + s.Path
}

// client is one whose calls a simulator answers in memory.
func (s Subject) client(sim messengertest.Simulator) *http.Client {
	if s.Scheme != "" {
		return &http.Client{Transport: sim.Transport()}
	}
	return &http.Client{Transport: marking{sim.Transport()}}
}

// people returns all ways to write a person; none where there are only channels.
func (s Subject) people(id, email string) []string {
	if s.Person == nil {
		return nil
	}
	return s.Person(id, email)
}

// form returns how the service shows a form.
func (s Subject) form(f messengertest.Form) messengertest.Form {
	if s.ShownForm == nil {
		return f
	}
	return s.ShownForm(f)
}

// Codes are the answers with a service's own error codes.
func Codes(codes ...string) []messengertest.Failure {
	failures := make([]messengertest.Failure, len(codes))
	for i, code := range codes {
		failures[i].Code = code
	}
	return failures
}

// part is a part of the suite.
type part struct {
	name  string
	check func(*testing.T, Subject)
}

// parts returns those for what the messenger claims.
func (s Subject) parts() []part {
	all := []part{
		{"capabilities", checkCapabilities},
		{"construction", checkConstruction},
		{"token", checkToken},
		{"recipients", checkRecipients},
		{"one address", checkOneAddress},
		{"mention", checkMention},
		{"life of a message", checkLife},
		{"plain message", checkPlain},
		{"key", checkKey},
		{"order of facts", checkOrder},
		{"refusals", checkRefusals},
		{"server errors", checkServerErrors},
		{"refused connection", checkRefusedConnection},
		{"lost request", checkLostRequest},
		{"lost answer", checkLostAnswer},
		{"hanging server", checkHang},
		{"throttling", checkThrottling},
		{"rate limits", checkRateLimits},
		{"shared throttle", checkSharedThrottle},
		{"end of the context", checkContext},
		{"concurrent use", checkConcurrency},
		{"oversize content", checkOversize},
		{"hostile content", checkHostile},
		{"blank content", checkBlank},
	}
	can := s.can()
	for _, more := range []struct {
		part
		claimed bool
	}{
		{part{"unavailable", checkUnavailable}, s.Untimed == 0},
		{part{"secrets", checkSecrets}, s.Scheme == ""},
		{part{"find", checkFind}, can.History},
		{part{"find all", checkFindAll}, can.History},
		{part{"find in a crowd", checkFindInCrowd}, can.History},
		{part{"find among long messages", checkFindAmongLong}, can.History},
		{part{"follow", checkFollow}, can.Follow && !s.Unknowing},
		{part{"person", checkPerson}, can.EmailLookup},
		{part{"user", checkUser}, can.UserLookup},
		{part{"account", checkAccount}, can.Account},
		{part{"accounts", checkAccounts}, can.Accounts},
		{part{"reply", checkReply}, can.Threads},
		{part{"no reply", checkNoReply}, can.History && !can.Threads},
		{part{"message gone", checkGone}, can.Edit && !s.Unknowing},
		{part{"late effect", checkLateEffect}, can.History && can.Edit},
	} {
		if more.claimed {
			all = append(all, more.part)
		}
	}
	if can.Buttons {
		all = append(all, clickParts(s)...)
	}
	return all
}

// Run checks the subject.
func Run(t *testing.T, subject Subject) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	for _, part := range subject.parts() {
		t.Run(part.name, func(t *testing.T) { part.check(t, subject) })
	}
}

// checkCapabilities checks that the messenger can do what its Descriptor claims, and no
// more: else a part of this suite would be left out.
func checkCapabilities(t *testing.T, subject Subject) {
	want := subject.can()
	got := messenger.CapabilitiesOf(inMemory(t, subject, messengertest.Options{}).bot)
	got.Idempotency = want.Idempotency
	if got != want {
		t.Errorf("the messenger can %+v, its Descriptor claims %+v", got, want)
	}
}
