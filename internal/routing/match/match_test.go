package match

import (
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

var made = time.Date(2026, 3, 6, 17, 0, 0, 0, time.UTC)

// asked is what the conditions of this file are about.
var asked = accessrequest.Request{
	User: "alice@example.com", Roles: []string{"prod-db", "editor"}, Reason: "INC-42: disk full",
	Resources:          []accessrequest.Resource{{Kind: "node", Name: "db-1", Cluster: "prod"}, {Kind: "app", Name: "wiki", Cluster: "leaf"}},
	SuggestedReviewers: []string{"bob@example.com"},
	Annotations:        map[string][]string{"team": {"db", "ops"}},
	Created:            made, Expires: made.Add(time.Hour), MaxDuration: made.Add(8 * time.Hour),
}

// labels are those of the resources.
var labels = []map[string]string{{"env": "prod", "team": "a"}, {"team": "a"}}

func TestConditions(t *testing.T) {
	for condition, want := range map[string]bool{
		"":                                      true,
		"true":                                  true,
		`request.user.endsWith("@example.com")`: true,
		`request.user == "bob@example.com"`:     false,
		`"editor" in request.roles && size(request.roles) == 2`:               true,
		`request.roles.exists(r, r.startsWith("prod-"))`:                      true,
		`request.resources.exists(r, r.kind == "node")`:                       true,
		`request.resources.all(r, r.cluster == "prod")`:                       false,
		`request.resources.map(r, r.name) == ["db-1", "wiki"]`:                true,
		`request.resources[1].kind == "app"`:                                  true,
		`request.reason.matches("INC-[0-9]+")`:                                true,
		`request.reason.matches("(?i)DISK")`:                                  true,
		`"bob@example.com" in request.suggestedReviewers`:                     true,
		`"team" in request.annotations`:                                       true,
		`"db" in request.annotations["team"]`:                                 true,
		`"cost" in request.annotations`:                                       false,
		`request.annotations[?"cost"].orValue(["none"]) == ["none"]`:          true,
		`request.created == timestamp("2026-03-06T17:00:00Z")`:                true,
		`request.created.getDayOfWeek() == 5`:                                 true,
		`request.created.getHours("America/Los_Angeles") == 9`:                true,
		`request.expires - request.created == duration("1h")`:                 true,
		`request.maxDuration > duration("7h59m")`:                             true,
		`request.maxDuration > duration("8h")`:                                false,
		`"team" in user.traits && "db" in user.traits["team"]`:                true,
		`"x" in user.traits`:                                                  false,
		`request.resources.exists(r, r.labels[?"env"].orValue("") == "prod")`: true,
		`request.resources.all(r, r.labels[?"env"].orValue("") == "prod")`:    false,
		`request.resources[0].?labels[?"os"].orValue("none") == "none"`:       true,
		`request.resources.all(r, has(r.labels))`:                             true,
		`request.resources.map(r, r.labels).exists(l, "env" in l)`:            true,
		`"labels" in request.annotations`:                                     false,
		"// a comment\n\nrequest.user != \"\"":                                true,
	} {
		m, err := Source{Condition: condition}.Compile()
		if err != nil {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		got, err := m.Fulfils(&routing.Facts{Request: asked, Traits: map[string][]string{"team": {"db"}}, Labels: labels})
		if err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", condition, got, err, want)
		}
		want := routing.Needs{Traits: strings.Contains(condition, "user.traits"), Labels: strings.Contains(condition, ".labels") || strings.Contains(condition, ".?labels")}
		if got := m.Needs(); got != want {
			t.Errorf("%s needs %+v, want %+v", condition, got, want)
		}
	}
}

func TestRoles(t *testing.T) {
	for glob, want := range map[string]bool{
		"prod-*": true, "*-db": true, "p*d*b": true, "*": true, "editor": true, "prod-db": true,
		"prod": false, "prod-": false, "rod-db": false, "PROD-DB": false, "prod.db": false, "prod-??": false, "[a-z]*": false, "**": true, "": false,
		"prod-d*-db": false, "*prod-db*": true, "*ditor*": true, "*o*r*": true, "*r*o": false,
	} {
		m, err := Source{Roles: []string{"other", glob}}.Compile()
		if err != nil {
			t.Fatal(err)
		}
		if got := m.NamesAny(asked.Roles); got != want {
			t.Errorf("%q names one of %q: %v, want %v", glob, asked.Roles, got, want)
		}
	}
	if m, err := (Source{}).Compile(); err != nil || !m.NamesAny(nil) {
		t.Errorf("a route without roles is not for a request (%v)", err)
	}
}

func TestConditionsThatCannotBeCompiled(t *testing.T) {
	for condition, want := range map[string]string{
		`request.user.endsWith("x"`:                           `:1:26: Syntax error: `,
		"request.user != \"\" &&\n  request.owner == \"bob\"": `:2:10: undefined field 'owner'`,
		`request.resources.exists(r, r.label["env"] == "x")`:  `:1:30: undefined field 'label'`,
		`user.name == "x"`:                                    `:1:5: undefined field 'name'`,
		`requests.user == "x"`:                                `:1:1: undeclared reference to 'requests' (in container '')`,
		`request.user == 1`:                                   `:1:14: found no matching overload for '_==_' applied to '(string, int)'`,
		`request.user`:                                        `:1:1: it must be true or false, and is string`,
		" ":                                                   `Syntax error: `,
		strings.Repeat("(", 1000) + strings.Repeat(")", 1000):   `expression recursion limit exceeded`,
		`request.user == "` + strings.Repeat("x", 64<<10) + `"`: `: it has 65554 bytes, and at most 16384 are read: shorten it`,
		"request.\x00user": `Syntax error: `,
	} {
		_, err := Source{Condition: condition}.Compile()
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 1000 {
			t.Errorf("%.80s: %v, want %s", condition, err, want)
		}
	}
}

func TestRequestsThatCannotBeJudged(t *testing.T) {
	hostile := asked
	hostile.User, hostile.Reason = "SECRET[", strings.Repeat("SECRET", 600)
	for range 300 {
		hostile.Roles = append(hostile.Roles, strings.Repeat("r", 300))
	}
	for condition, want := range map[string]string{
		`request.annotations[request.user] == []`:                             `:1:20: it cannot be judged for some request: there is no such key: ask for it with "in" first`,
		`request.user != "" && request.resources[9].kind == "x"`:              `:1:43: it cannot be judged for some request: there is no such element: ask for the size first`,
		`timestamp(request.reason) > request.created`:                         `:1:10: it cannot be judged for some request`,
		`1 / (size(request.reason) - 3600) == 1`:                              `:1:3: it cannot be judged for some request: a division by zero`,
		`request.roles.all(a, request.roles.all(b, a + b != request.reason))`: `: it takes too long to be judged for some request: shorten it`,
	} {
		m, err := Source{Condition: condition}.Compile()
		if err != nil {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		matched, err := m.Fulfils(&routing.Facts{Request: hostile})
		if matched || err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v, %v, want %s", condition, matched, err, want)
		}
	}
}
