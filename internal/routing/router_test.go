package routing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

func TestReplacedRulesAreThoseToRouteBy(t *testing.T) {
	router := routing.NewRuleRouter(routing.Rules{Always: []string{"before"}})
	changed := router.Changed()
	select {
	case <-changed:
		t.Fatal("the first rules count as a change")
	default:
	}

	router.Replace(routing.Rules{Always: []string{"after"}})
	select {
	case <-changed:
	default:
		t.Error("the change is not told")
	}
	select {
	case <-router.Changed():
		t.Error("it is told again to a caller who asks after it")
	default:
	}
	want := []routing.Recipient{{Name: "after"}}
	got, err := router.Route(t.Context(), accessrequest.Request{Roles: []string{"editor"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(routing.Route{Recipients: want}, got); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, router.Configured()); diff != "" {
		t.Errorf("configured recipients (-want +got):\n%s", diff)
	}
}

func TestConfiguredNamesEachRecipientOnceInOrder(t *testing.T) {
	rules := routing.Rules{
		RoleToRecipients: map[string][]string{"*": {"c", " a"}, "editor": {"b", "c", " "}},
		Always:           []string{"b", "d"},
	}
	want := []routing.Recipient{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}
	if diff := cmp.Diff(want, rules.Configured()); diff != "" {
		t.Errorf("configured recipients (-want +got):\n%s", diff)
	}
}
