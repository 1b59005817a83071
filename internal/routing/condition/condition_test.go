package condition

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

func sample() *Facts {
	return &Facts{
		Request: accessrequest.Request{
			User:               "alice@example.com",
			Roles:              []string{"access", "prod-db.admin"},
			Reason:             "deploy\nINC-12",
			SuggestedReviewers: []string{"bob"},
			Annotations:        map[string][]string{"service": {"db", "web"}},
			Created:            time.Date(2026, 3, 6, 17, 30, 0, 0, time.UTC),
			AccessExpires:      time.Date(2026, 3, 7, 1, 30, 0, 0, time.UTC),
		},
		Traits: map[string][]string{"team": {"dev"}},
		Labels: []map[string]string{{"env": "dev", "stage": "dev"}, {"env": "dev", "stage": "prod", "os": "linux"}, {"env": "dev", "stage": "dev"}},
	}
}

func TestMatch(t *testing.T) {
	for condition, want := range map[string]bool{
		// Documented ones.
		`contains_all(set("access"), access_request.spec.roles)`: false,
		"contains_any(access_request.spec.roles, set(\"access\")) &&\n  access_request.spec.resource_labels_intersection[\"env\"].contains(\"dev\") &&\n  contains_any(user.traits[\"team\"], set(\"dev\"))": true,
		`access_request.spec.roles.contains("access")`:                                        true,
		`access_request.spec.roles.contains("acc")`:                                           false,
		`contains(access_request.spec.roles, "access")`:                                       true,
		`!is_empty(user.traits["team"])`:                                                      true,
		`is_empty(user.traits["absent"])`:                                                     true,
		`user.traits["absent"].contains("x")`:                                                 false,
		`access_request.spec.system_annotations["service"].contains_any(set("web", "x"))`:     true,
		`access_request.spec.system_annotations["absent"].contains_all(set("web"))`:           false,
		`access_request.spec.resource_labels_union["stage"] == set("dev", "prod")`:            true,
		`is_empty(access_request.spec.resource_labels_intersection["stage"])`:                 true,
		`is_empty(access_request.spec.resource_labels_intersection["os"])`:                    true,
		`access_request.spec.resource_labels_union["os"] == set("linux")`:                     true,
		`access_request.spec.resource_labels_union["stage"].contains_all(set("dev", "prod"))`: true,
		`access_request.spec.resource_labels_intersection["env"] == set("dev")`:               true,
		`access_request.spec.resource_labels_union["stage"] != set("dev")`:                    true,
		// Which side is the set, and which the items.
		`contains_all(access_request.spec.roles, set("access"))`:           true,
		`set("access", "x").contains_all(access_request.spec.roles)`:       false,
		`set("access").contains_any(access_request.spec.roles)`:            true,
		`contains_any(set(), access_request.spec.roles)`:                   false,
		`contains_all(access_request.spec.roles, set())`:                   true,
		`set(access_request.spec.roles, "more").contains("prod-db.admin")`: true,
		// Texts.
		`access_request.spec.user == "alice@example.com"`:              true,
		`access_request.spec.user != "alice@example.com"`:              false,
		`equals(access_request.spec.user, "alice@example.com")`:        true,
		`contains(set("alice@example.com"), access_request.spec.user)`: true,
		`set(access_request.spec.user) == access_request.spec.user`:    true,
		`is_empty(access_request.spec.request_reason)`:                 false,
		`access_request.spec.creation_time == "2026-03-06T17:30:00Z"`:  true,
		`access_request.spec.expiry == "2026-03-07T01:30:00Z"`:         true,
		"access_request.spec.suggested_reviewers.contains(`bob`)":      true,
		// Patterns: a glob unless it begins with ^ and ends with $.
		`regexp.match(access_request.spec.roles, "prod-*")`:              true,
		`regexp.match(access_request.spec.roles, "prod")`:                false,
		`regexp.match(access_request.spec.roles, "*.admin")`:             true,
		`regexp.match(access_request.spec.roles, "*-db?admin")`:          false,
		`regexp.match(access_request.spec.roles, "^prod-[a-z]+.admin$")`: true,
		`regexp.match(access_request.spec.roles, "^prod-[a-z]+")`:        false,
		`regexp.match(access_request.spec.user, "*@example.com")`:        true,
		`regexp.match(access_request.spec.request_reason, "*INC-*")`:     true,
		`regexp.match(access_request.spec.roles, "^\\pL+$")`:             true,
		`regexp.match(user.traits["absent"], "*")`:                       false,
		// Logic.
		`true && !false`:                                             true,
		`false || (true && true)`:                                    true,
		`!(true == false)`:                                           true,
		`equals(is_empty(set()), true)`:                              true,
		`"a" == "b" || "a" == "a" && "c" == "d"`:                     false,
		strings.Repeat("(", 400) + "true" + strings.Repeat(")", 400): true,
	} {
		c, err := Compile(condition)
		if err != nil {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		if got, _, err := c.Match(sample(), MaxCost); err != nil || got != want {
			t.Errorf("%s is %v (%v), want %v", condition, got, err, want)
		}
	}
}

func TestAFactThatIsMissingIsEmpty(t *testing.T) {
	for _, condition := range []string{
		`is_empty(access_request.spec.roles)`, `is_empty(user.traits["a"])`, `is_empty(access_request.spec.creation_time)`,
		`is_empty(access_request.spec.system_annotations["a"])`, `is_empty(access_request.spec.resource_labels_union["a"])`,
	} {
		c, err := Compile(condition)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := c.Match(&Facts{}, MaxCost); err != nil || !got {
			t.Errorf("%s is %v (%v) of a request without anything", condition, got, err)
		}
	}
}

func TestWhatIsNoConditionIsRefusedWithItsPlace(t *testing.T) {
	for condition, want := range map[string]string{
		"":    "the condition is empty",
		" \n": "the condition is empty",
		`contains(access_request.spec.roles, "a"`:      "line 1, column 40: ",
		"true &&\n  access_request.spec.role == \"x\"": `line 2, column 3: unknown field "access_request.spec.role"`,
		`contains_al(set("a"), set("b"))`:              `line 1, column 1: unknown function "contains_al"`,
		`set("a").regexp("b")`:                         `unknown function "regexp"`,
		`set("a").set("b")`:                            `unknown function "set"`,
		`contains(set("a"))`:                           "contains takes 2 arguments",
		`set("a").contains("b", "c")`:                  "contains takes 2 arguments",
		`set("a").contains(set("a"))`:                  "line 1, column 1: contains looks for a text, and this is a set",
		`"a"`:                                          "the condition is a text, and must be true or false",
		`set("a")`:                                     "the condition is a set",
		`"a" && true`:                                  "line 1, column 1: this is a text, and must be true or false",
		`true || set("a")`:                             "line 1, column 9: this is a set",
		`!"a"`:                                         "line 1, column 2: this is a text",
		`true == "a"`:                                  "true or false cannot equal a text",
		`set(true).contains("a")`:                      "line 1, column 5: this is true or false, and must be a text",
		`contains_any(true, set("a"))`:                 "must be a set",
		`is_empty(true)`:                               "must be a set",
		`regexp.match(true, "a")`:                      "must be a set",
		`user.traits == "a"`:                           `user.traits needs a key in brackets, such as ["env"]`,
		`user.traits[access_request.spec.user].contains("a")`: "the key must be a text in double quotes",
		`access_request.spec.roles["a"].contains("a")`:        `"access_request.spec.roles" is no field with keys`,
		`user.traits[1].contains("a")`:                        "1 is no text in double quotes",
		`1 == 1`:                                              "1 is no text in double quotes",
		`"a" < "b"`:                                           "unknown operator <",
		`-1 == "a"`:                                           "unknown operator -",
		`regexp.match(set("a"), access_request.spec.user)`:    "the pattern must be a text in double quotes",
		`regexp.match(set("a"), "^(a$")`:                      "line 1, column 24: the pattern is no regular expression",
		`regexp.match(set("a"), "^(a{99}b{99}){9}$")`:         "the pattern is too long, or repeats too much",
		`func() bool { return true }()`:                       `unknown function ""`,
		`set("a"...).contains("a")`:                           "no part of the language",
		`[]string{"a"}`:                                       "no part of the language",
		`(set("a")).x`:                                        "no part of the language",
		strings.Repeat("!", 600) + "true":                     "the condition is nested too deep",
		`"` + strings.Repeat("a", 64<<10) + `" == "a"`:        "the condition has 65545 bytes, and at most 16384 are read: shorten it",
		"\x00": "line 1, column 1: illegal character NUL",
	} {
		_, err := Compile(condition)
		found, ok := errors.AsType[*Error](err)
		if !ok || !strings.Contains(found.Error(), want) {
			t.Errorf("%.60q: %v, want %q", condition, err, want)
		}
	}
}

func TestWhatAConditionNeeds(t *testing.T) {
	for condition, want := range map[string]Needs{
		`access_request.spec.user == "a"`:                                           {},
		`access_request.spec.system_annotations["a"].contains("a")`:                 {},
		`false && user.traits["a"].contains("a")`:                                   {Traits: true},
		`is_empty(access_request.spec.resource_labels_union["a"])`:                  {Labels: true},
		`access_request.spec.resource_labels_intersection["a"] == user.traits["b"]`: {Traits: true, Labels: true},
	} {
		c, err := Compile(condition)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Needs(); got != want {
			t.Errorf("%s needs %+v, want %+v", condition, got, want)
		}
	}
}

// A hostile author and a hostile requester together cost no more than the bound.
func TestTheCostOfAConditionIsBounded(t *testing.T) {
	facts := &Facts{}
	for i := range 500 {
		facts.Roles = append(facts.Roles, fmt.Sprint(strings.Repeat("x", 4000), i))
	}
	for _, condition := range []string{
		`contains_all(access_request.spec.roles, access_request.spec.roles)`,
		`access_request.spec.roles == access_request.spec.roles`,
		`!regexp.match(access_request.spec.roles, "^(x|xx){1,99}y$")`,
		strings.Repeat(`!regexp.match(access_request.spec.roles, "*y") && `, 200) + "true",
		`is_empty(set(` + strings.Repeat(`access_request.spec.roles, `, 300) + `"")) || ` +
			strings.Repeat(`is_empty(access_request.spec.roles) || `, 50) + `contains_any(access_request.spec.roles, access_request.spec.roles) && contains_all(access_request.spec.roles, access_request.spec.roles)`,
	} {
		c, err := Compile(condition)
		if err != nil {
			t.Fatalf("%.60s: %v", condition, err)
		}
		if got, cost, err := c.Match(facts, 2*MaxCost); got || cost != MaxCost || !errors.Is(err, ErrTooCostly) {
			t.Errorf("%.60s is %v (%v), want %v", condition, got, err, ErrTooCostly)
		}
	}
}

// FuzzCondition: whatever a text is, it compiles or says where it does not, and its cost
// is bounded.
func FuzzCondition(f *testing.F) {
	for _, seed := range []string{
		"", "true", `contains_all(set("access"), access_request.spec.roles)`,
		"contains_any(access_request.spec.roles, set(\"a\")) &&\n user.traits[\"team\"].contains(\"dev\")",
		`regexp.match(access_request.spec.roles, "^a{3,9}(b|c)*$") || regexp.match(set("x*"), "*x*")`,
		`!is_empty(access_request.spec.resource_labels_union["env"]) == equals("a", set("a"))`,
		`func() {}()`, `x.(type)`, `[]int{1}[0]`, `a[b][c:d:e]`, "\"\\x", "'a'", "`a`", "((((", "/*", "1 + i",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		c, err := Compile(source)
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok || err.Error() == "" {
				t.Fatalf("the error is %#v", err)
			}
			return
		}
		first, _, err := c.Match(sample(), MaxCost)
		if err != nil && !errors.Is(err, ErrTooCostly) {
			t.Fatal(err)
		}
		if again, _, _ := c.Match(sample(), MaxCost); again != first {
			t.Fatal("it is judged in two ways")
		}
	})
}
