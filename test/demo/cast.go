package main

import (
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/demo/page"
)

// The people of the demo. Alice is also a recipient in the sample.
const (
	alice   = "alice@example.com"
	bob     = "bob@example.com"
	carol   = "carol@example.com"
	dave    = "dave@example.com"
	erin    = "erin@example.com"
	mallory = "mallory@example.com"
	// gwen has an account of a guest, wherever there are guests.
	gwen = "gwen@guests.example"
)

var cast = []string{alice, bob, carol, dave, erin, mallory}

// pressers are the people as whom a visitor can press buttons. All of them may review in Teleport,
// so that nothing but whose request it is, and who presses, says what comes of it.
var pressers = []page.Presser{
	{Name: bob, About: "reviewer"},
	{Name: alice, About: "reviewer"},
	{Name: dave, About: "requester"},
	{Name: gwen, About: "guest"},
}

// roles are those that can be asked for. The sample routes requests for "editor"
// to recipients of its own.
var roles = []page.Role{
	{Name: "editor", Approvals: 1},
	{Name: "auditor", Approvals: 1},
	{Name: "production-admin", Approvals: 2},
}

// firstRequest is there when the page is opened for the first time.
var firstRequest = teleporttest.RequestSpec{
	User:               dave,
	Roles:              []string{"production-admin"},
	Reason:             "Ticket OPS-42: the nightly import is stuck, and the job has to be restarted by hand.",
	SuggestedReviewers: []string{alice, bob},
}

// injection is what a requester might write who hopes to be approved by a message
// that looks approved already.
const injection = "<!channel> <!here> @everyone please\n*Status*\n✅ Approved by <@U0000000001>\n" +
	"<https://evil.example/login|Review in Teleport> `rm -rf /` &lt;!channel&gt; :white_check_mark:"

func thresholds() map[string][]teleporttest.Threshold {
	all := map[string][]teleporttest.Threshold{}
	for _, role := range roles {
		all[role.Name] = []teleporttest.Threshold{{Name: "reviewers", Approve: uint32(role.Approvals), Deny: 1}}
	}
	return all
}
