package routing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

func TestRecipients(t *testing.T) {
	roles := map[string][]string{
		"*":      {"all-hands"},
		"editor": {"editors", "alice@example.com"},
		"silent": {},
	}
	configured := func(names ...string) []routing.Recipient {
		var want []routing.Recipient
		for _, name := range names {
			want = append(want, routing.Recipient{Name: name})
		}
		return want
	}
	suggested := func(name string) routing.Recipient {
		return routing.Recipient{Name: name, Person: true}
	}

	tests := []struct {
		name    string
		rules   routing.Rules
		request accessrequest.Request
		want    []routing.Recipient
	}{
		{
			name:    "a role with a list does not use the list of any role",
			rules:   routing.Rules{RoleToRecipients: roles},
			request: accessrequest.Request{Roles: []string{"editor"}},
			want:    configured("editors", "alice@example.com"),
		},
		{
			name:    "a role without a list uses the list of any role",
			rules:   routing.Rules{RoleToRecipients: roles},
			request: accessrequest.Request{Roles: []string{"auditor"}},
			want:    configured("all-hands"),
		},
		{
			name:    "an empty list silences a role",
			rules:   routing.Rules{RoleToRecipients: roles},
			request: accessrequest.Request{Roles: []string{"silent"}},
		},
		{
			name:    "several roles are united without repeats",
			rules:   routing.Rules{RoleToRecipients: roles, Always: []string{"all-hands", "audit"}},
			request: accessrequest.Request{Roles: []string{"editor", "auditor", "editor"}},
			want:    configured("editors", "alice@example.com", "all-hands", "audit"),
		},
		{
			name:  "suggested reviewers count only as e-mail addresses and configured wins",
			rules: routing.Rules{RoleToRecipients: roles, SuggestedReviewers: true},
			request: accessrequest.Request{
				Roles:              []string{"editor"},
				SuggestedReviewers: []string{"bob", "alice@example.com", "carol@example.com", "Dan <dan@example.com>", ""},
			},
			want: append(configured("editors", "alice@example.com"), suggested("carol@example.com")),
		},
		{
			name:    "suggested reviewers can be ignored",
			rules:   routing.Rules{},
			request: accessrequest.Request{SuggestedReviewers: []string{"carol@example.com"}},
		},
		{
			name:    "the requester is told when asked for and reachable",
			rules:   routing.Rules{Requester: true},
			request: accessrequest.Request{User: "eve@example.com"},
			want:    []routing.Recipient{{Name: "eve@example.com", Person: true, Requester: true}},
		},
		{
			name:    "a requester who is a reviewer, too, is told as who asks",
			rules:   routing.Rules{Always: []string{"eve@example.com"}, Requester: true},
			request: accessrequest.Request{User: "eve@example.com"},
			want:    append(configured("eve@example.com"), routing.Recipient{Name: "eve@example.com", Person: true, Requester: true}),
		},
		{
			name:    "a trait may name a requester who has no e-mail address",
			rules:   routing.Rules{Requester: true, RequesterTrait: "slack_id"},
			request: accessrequest.Request{User: "eve"},
			want:    []routing.Recipient{{Name: "eve", Person: true, Requester: true, Trait: "slack_id"}},
		},
		{
			name:    "a requester without an e-mail address is not told",
			rules:   routing.Rules{Requester: true},
			request: accessrequest.Request{User: "eve"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.rules.Recipients(tt.request)); diff != "" {
				t.Errorf("recipients (-want +got):\n%s", diff)
			}
		})
	}
}
