package main

import "strings"

// scenario is a request and what becomes of it.
type scenario struct {
	name    string
	request asked
	// recipients are the places that get one message each, by the service's name.
	recipients map[string][]string
	// posted is what the message says at first.
	posted expectation
	steps  []step
}

// messages is how many messages a chat has of it at the end, threads included.
func (s scenario) messages(c *chat) int {
	n := 0
	for _, recipient := range s.recipients[c.simulator.Name()] {
		n += 1 + len(c.dialect.thread(s.steps[len(s.steps)-1].want.readBy(recipient)))
	}
	return n
}

// asked is what the form sends.
type asked struct {
	User               string   `json:"user"`
	Roles              []string `json:"roles"`
	Reason             string   `json:"reason"`
	SuggestedReviewers []string `json:"suggestedReviewers,omitempty"`
}

// step is something that happens to a request.
type step struct {
	name string
	// button is the end of the path to which body is sent.
	button string
	body   map[string]string
	want   expectation
}

// expectation is what a message shows, whatever the service.
type expectation struct {
	title string
	// emoji and standing say where the request stands.
	emoji, standing string
	// user and role are who asks for what.
	user, role string
	// reason is what the requester typed, all of whose lines are quoted.
	reason string
	// votes are the reviews, oldest first.
	votes []vote
	// outcome begins the message that tells the requester how it ended, in the place of the
	// last review; empty if there is none.
	outcome string
	// links are all the links that the service makes of it.
	links int
	// direct is true for what a person reads in a chat of their own.
	direct bool
}

// status is where the request stands, as a reader sees it.
func (e expectation) status() string {
	return e.emoji + " " + e.standing
}

// becomes is the same message later on.
func (e expectation) becomes(emoji, standing string, votes ...vote) expectation {
	e.emoji, e.standing, e.votes = emoji, standing, votes
	return e
}

// readBy is what a recipient reads. Who asks reads of a request of their own.
func (e expectation) readBy(recipient string) expectation {
	e.direct = !strings.HasPrefix(recipient, "#")
	switch {
	case recipient != e.user:
		return e
	case e.emoji == "⏳":
		e.title = "Your request was received"
	default:
		e.title = "Your request"
		e.outcome = e.emoji + " Your request: " + e.standing
	}
	e.user = ""
	return e
}

// typed are the lines that show what the requester typed.
func (e expectation) typed() []string {
	lines := append([]string{e.role}, quoted(e.reason)...)
	if e.user != "" {
		lines = append(lines, e.user)
	}
	return lines
}

// quoted are the lines of a quotation.
func quoted(text string) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, "> "+line)
	}
	return lines
}

// withoutLinks is the message of a request that Teleport no longer has.
func (e expectation) withoutLinks() expectation {
	e.links = 0
	return e
}

// vote is a review.
type vote struct {
	emoji, author, did, reason string
}

// pending is the message of a request for a role at first.
func pending(standing, user, role, reason string) expectation {
	return expectation{
		title: "Role request", emoji: "⏳", standing: standing, user: user, role: role, reason: reason,
		links: 1 + strings.Count(reason, "https://tickets."),
	}
}

func scenarios() []scenario {
	return []scenario{dualAuthorization(), denial(), expiry(), attack()}
}

func dualAuthorization() scenario {
	const reason = "The nightly import is stuck, see https://tickets.example.com/OPS-42."
	first := vote{"✅", alice, "Approved", "Known problem, go ahead."}
	second := vote{"✅", bob, "Approved", ""}
	posted := pending("Pending, 0 of 2 approvals", dave, "production-admin", reason)
	return scenario{
		name: "Two approvals: pending, one of two, approved",
		request: asked{
			User: dave, Roles: []string{"production-admin"}, Reason: reason,
			SuggestedReviewers: []string{alice, bob},
		},
		recipients: map[string][]string{
			"slack":         {"#access-requests", alice, bob, dave},
			"discord":       {"#production-approvals"},
			"googlechat":    {"#access-requests", alice, bob},
			"mattermost":    {"#access-requests", alice, bob},
			"teams":         {"#access-requests", alice, bob},
			"teamsworkflow": {"#access-requests", "#security"},
			"webhook":       {"#audit-log", "#service-desk"},
			"email":         {"access-requests@example.com", "security@example.com", alice, bob},
		},
		posted: posted,
		steps: []step{{
			name:   "Alice approves",
			button: "/reviews",
			body:   map[string]string{"author": alice, "state": "APPROVED", "reason": first.reason},
			want:   posted.becomes("⏳", "Pending, 1 of 2 approvals", first),
		}, {
			name:   "Bob approves",
			button: "/reviews",
			body:   map[string]string{"author": bob, "state": "APPROVED"},
			want:   posted.becomes("✅", "Approved", first, second),
		}},
	}
}

func denial() scenario {
	posted := pending("Pending, 0 of 1 approval", erin, "editor", "To try something.")
	no := vote{"❌", alice, "Denied", "Use the sandbox for that."}
	return scenario{
		name:    "A denial",
		request: asked{User: erin, Roles: []string{"editor"}, Reason: "To try something."},
		recipients: map[string][]string{
			"slack":         {"#editors", alice, erin},
			"discord":       {"#access-requests"},
			"googlechat":    {"#access-requests", alice},
			"mattermost":    {"#access-requests", alice},
			"teams":         {"#access-requests", alice},
			"teamsworkflow": {"#access-requests", "#security"},
			"webhook":       {"#audit-log", "#service-desk"},
			"email":         {"access-requests@example.com", "security@example.com"},
		},
		posted: posted,
		steps: []step{{
			name:   "Alice denies",
			button: "/reviews",
			body:   map[string]string{"author": alice, "state": "DENIED", "reason": no.reason},
			want:   posted.becomes("❌", "Denied", no),
		}},
	}
}

func expiry() scenario {
	const reason = "Quarterly review of the audit log."
	posted := pending("Pending, 0 of 1 approval", carol, "auditor", reason)
	return scenario{
		name:    "No reviewer decides",
		request: asked{User: carol, Roles: []string{"auditor"}, Reason: reason},
		recipients: map[string][]string{
			"slack":         {"#access-requests", carol},
			"discord":       {"#access-requests"},
			"googlechat":    {"#access-requests", alice},
			"mattermost":    {"#access-requests", alice},
			"teams":         {"#access-requests", alice},
			"teamsworkflow": {"#access-requests", "#security"},
			"webhook":       {"#audit-log", "#service-desk"},
			"email":         {"access-requests@example.com", "security@example.com"},
		},
		posted: posted,
		steps: []step{{
			name:   "The request expires",
			button: "/expiry",
			body:   map[string]string{},
			want:   posted.becomes("⌛", "Expired").withoutLinks(),
		}},
	}
}

// attack is a request whose reason imitates an approval. Its message keeps every
// character as text, all of it quoted: one link, the notifier's own, and no ping.
func attack() scenario {
	posted := pending("Pending, 0 of 1 approval", mallory, "auditor", injection)
	no := vote{"❌", bob, "Denied", "Nice try."}
	return scenario{
		name:    "An attack: a reason that imitates an approval",
		request: asked{User: mallory, Roles: []string{"auditor"}, Reason: injection},
		recipients: map[string][]string{
			"slack":         {"#access-requests", mallory},
			"discord":       {"#access-requests"},
			"googlechat":    {"#access-requests", alice},
			"mattermost":    {"#access-requests", alice},
			"teams":         {"#access-requests", alice},
			"teamsworkflow": {"#access-requests", "#security"},
			"webhook":       {"#audit-log", "#service-desk"},
			"email":         {"access-requests@example.com", "security@example.com"},
		},
		posted: posted,
		steps: []step{{
			name:   "Bob denies",
			button: "/reviews",
			body:   map[string]string{"author": bob, "state": "DENIED", "reason": no.reason},
			want:   posted.becomes("❌", "Denied", no),
		}},
	}
}
