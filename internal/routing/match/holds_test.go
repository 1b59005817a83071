package match

import (
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/review"
)

var _ review.Expression = Holds("")

func TestHolds(t *testing.T) {
	request := accessrequest.Request{User: "alice@example.com", Roles: []string{"db-read", "prod-admin"}, Reason: "hunter2"}
	for source, want := range map[string]bool{
		"true": true,
		`request.roles.all(role, !role.startsWith("prod-"))`:   false,
		`request.user.endsWith("@example.com")`:                true,
		`size(request.resources) == 0 && request.reason != ""`: true,
	} {
		condition, err := Holds(source).Compile()
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := condition.Holds(request); got != want || err != nil {
			t.Errorf("%s is %t, want %t: %v", source, got, want, err)
		}
	}
}

// TestHoldsOfNothing covers what cannot be read or judged: no request has buttons then, and
// what is said of it repeats nothing that a requester typed.
func TestHoldsOfNothing(t *testing.T) {
	for source, want := range map[string]string{
		"":                   ":1:",
		"request.roles":      ":1:1: it must be true or false",
		"usr == 1":           ":1:1: undeclared reference",
		`"a" in user.traits`: "it must not ask for the user",
		`request.resources.exists(r, r.labels["env"] == "prod")`: "it must not ask for labels",
	} {
		if _, err := Holds(source).Compile(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
	for source, want := range map[string]string{
		`request.annotations[request.reason].size() > 0`:                                                  "there is no such key",
		"[" + strings.Repeat("1,", 999) + `1].all(i, request.reason.matches("(.|..|...){10}$") || i < 2)`: "it takes too long",
	} {
		condition, err := Holds(source).Compile()
		if err != nil {
			t.Errorf("%.40s: %v", source, err)
			continue
		}
		holds, err := condition.Holds(accessrequest.Request{Reason: strings.Repeat("hunter2", 500)})
		if holds || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%.40s is %t: %v, want %s", source, holds, err, want)
		}
	}
}
