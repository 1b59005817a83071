package main

// scenario is a request and what becomes of it.
type scenario struct {
	name    string
	request asked
	// recipients are the places that get one message each.
	recipients []string
	// posted is what the message says at first.
	posted expectation
	steps  []step
}

// messages is how many messages there are at the end, threads included.
func (s scenario) messages() int {
	replies := len(s.steps[len(s.steps)-1].want.replies)
	return len(s.recipients) * (1 + replies)
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

// expectation is what a message shows.
type expectation struct {
	// lines are lines of the message, as its blocks show them.
	lines []string
	// links are all the links that Slack makes of it.
	links int
	// replies begin the messages in its thread, oldest first.
	replies []string
}

func scenarios() []scenario {
	return []scenario{dualAuthorization(), denial(), expiry(), attack()}
}

func dualAuthorization() scenario {
	const reason = "Ticket OPS-42: the nightly import is stuck."
	first, second := "✅ Approved by "+alice+": Known problem, go ahead.", "✅ Approved by "+bob
	return scenario{
		name: "Two approvals: pending, one of two, approved",
		request: asked{
			User: dave, Roles: []string{"production-admin"}, Reason: reason,
			SuggestedReviewers: []string{alice, bob},
		},
		recipients: []string{"#access-requests", alice, bob, dave},
		posted: expectation{
			lines: []string{"Role request", dave, "production-admin", reason, "⏳ Pending, 0 of 2 approvals"},
			links: 1,
		},
		steps: []step{{
			name:   "Alice approves",
			button: "/reviews",
			body:   map[string]string{"author": alice, "state": "APPROVED", "reason": "Known problem, go ahead."},
			want: expectation{
				lines: []string{
					"⏳ Pending, 1 of 2 approvals",
					"✅ " + alice, "Approved: Known problem, go ahead.",
				},
				links:   1,
				replies: []string{first},
			},
		}, {
			name:   "Bob approves",
			button: "/reviews",
			body:   map[string]string{"author": bob, "state": "APPROVED"},
			want: expectation{
				lines:   []string{"✅ Approved", "✅ " + alice, "✅ " + bob, "Approved"},
				links:   1,
				replies: []string{first, second},
			},
		}},
	}
}

func denial() scenario {
	return scenario{
		name:       "A denial",
		request:    asked{User: erin, Roles: []string{"editor"}, Reason: "To try something."},
		recipients: []string{"#editors", alice, erin},
		posted: expectation{
			lines: []string{"Role request", erin, "editor", "To try something.", "⏳ Pending, 0 of 1 approval"},
			links: 1,
		},
		steps: []step{{
			name:   "Alice denies",
			button: "/reviews",
			body:   map[string]string{"author": alice, "state": "DENIED", "reason": "Use the sandbox for that."},
			want: expectation{
				lines:   []string{"❌ Denied", "❌ " + alice, "Denied: Use the sandbox for that."},
				links:   1,
				replies: []string{"❌ Denied by " + alice + ": Use the sandbox for that."},
			},
		}},
	}
}

func expiry() scenario {
	return scenario{
		name:       "Nobody decides",
		request:    asked{User: carol, Roles: []string{"auditor"}, Reason: "Quarterly review of the audit log."},
		recipients: []string{"#access-requests", carol},
		posted: expectation{
			lines: []string{"Role request", carol, "auditor", "⏳ Pending, 0 of 1 approval"},
			links: 1,
		},
		steps: []step{{
			name:   "The request expires",
			button: "/expiry",
			body:   map[string]string{},
			want:   expectation{lines: []string{"⌛ Expired without a decision"}},
		}},
	}
}

// attack is a request whose reason imitates an approval. Its message keeps every
// character as text: one link, the notifier's own, and nobody is pinged.
func attack() scenario {
	lines := []string{
		"Role request", mallory, "auditor", "⏳ Pending, 0 of 1 approval",
		"<!channel> <!here> @everyone please", "✅ Approved by <@U0000000001>",
		"<https://evil.example/login|Review in Teleport> `rm -rf /` &lt;!channel&gt; :white_check_mark:",
	}
	return scenario{
		name:       "An attack: a reason that imitates an approval",
		request:    asked{User: mallory, Roles: []string{"auditor"}, Reason: injection},
		recipients: []string{"#access-requests", mallory},
		posted:     expectation{lines: lines, links: 1},
		steps: []step{{
			name:   "Bob denies",
			button: "/reviews",
			body:   map[string]string{"author": bob, "state": "DENIED", "reason": "Nice try."},
			want: expectation{
				lines:   []string{"❌ Denied", "Denied: Nice try."},
				links:   1,
				replies: []string{"❌ Denied by " + bob + ": Nice try."},
			},
		}},
	}
}
