package routing_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// byTrait tells requesters, by the trait slack_id.
var byTrait = routing.Rules{Requester: true, RequesterTrait: "slack_id"}

// TestCandidates covers what a trait may hold: whoever may set it can write anything.
func TestCandidates(t *testing.T) {
	email := func(name string) routing.Recipient { return routing.Recipient{Name: name, Person: true} }
	id := func(name string) routing.Recipient {
		return routing.Recipient{Name: name, Person: true, Kind: routing.User}
	}
	for name, tt := range map[string]struct {
		user   string
		values []string
		want   []routing.Recipient
	}{
		"an id":                                           {"eve", []string{"U0123456789"}, []routing.Recipient{id("U0123456789")}},
		"an object id of Microsoft":                       {"eve", []string{"8c0a4f3e-0b1d-4c57-9e36-2f8d1a7b6c90"}, []routing.Recipient{id("8c0a4f3e-0b1d-4c57-9e36-2f8d1a7b6c90")}},
		"an e-mail address":                               {"eve", []string{"eve@example.com"}, []routing.Recipient{email("eve@example.com")}},
		"several, in their order":                         {"eve", []string{"e@b.com", "U1", "e@b.com"}, []routing.Recipient{email("e@b.com"), id("U1")}},
		"the user name comes last":                        {"eve@example.com", []string{"U1"}, []routing.Recipient{id("U1"), email("eve@example.com")}},
		"the user name is tried once":                     {"eve@example.com", []string{"eve@example.com", "U1"}, []routing.Recipient{email("eve@example.com"), id("U1")}},
		"no value":                                        {"eve@example.com", nil, []routing.Recipient{email("eve@example.com")}},
		"no value and no address":                         {"eve", nil, nil},
		"three are tried":                                 {"eve", []string{"U1", "U2", "U3", "U4"}, []routing.Recipient{id("U1"), id("U2"), id("U3")}},
		"what names a channel or more":                    {"eve", []string{"#general", "@channel", "<!channel>", "<@U1>", "team/general", "user:1", "U1,U2", "U1 ", "U1\n", "", strings.Repeat("U", 65)}, nil},
		"what only a messenger can tell from a user's id": {"eve", []string{"C024BE91L", "general"}, []routing.Recipient{id("C024BE91L"), id("general")}},
	} {
		t.Run(name, func(t *testing.T) {
			source := newTeleport()
			source.traits = map[string][]string{"slack_id": tt.values, "other": {"U9"}}
			router := routing.NewMonitoringRouter(byTrait, source)
			route, err := router.Route(t.Context(), accessrequest.Request{User: tt.user})
			if err != nil || len(route.Recipients) != 1 || source.asked != 0 {
				t.Fatalf("told are %+v (%v): to find them is nothing to wait for", route.Recipients, err)
			}
			got, err := router.Candidates(t.Context(), route.Recipients[0])
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil || source.asked != 1 {
				t.Errorf("candidates (-want +got, %v, asked %d times):\n%s", err, source.asked, diff)
			}
		})
	}
}

// TestWithoutATraitNoTraitsAreRead covers what costs a call.
func TestWithoutATraitNoTraitsAreRead(t *testing.T) {
	source := newTeleport()
	router := routing.NewMonitoringRouter(routing.Rules{Requester: true}, source)
	route, _ := router.Route(t.Context(), accessrequest.Request{User: "eve@example.com"})
	got, err := router.Candidates(t.Context(), route.Recipients[0])
	if len(got) != 1 || err != nil || source.asked != 0 {
		t.Errorf("candidates are %+v (%v), asked %d times", got, err, source.asked)
	}
}

// TestARoleThatMayNotReadUsers covers what is said of it, and that requesters are found by
// name for as long as that is so.
func TestARoleThatMayNotReadUsers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newTeleport()
		source.traits = map[string][]string{"slack_id": {"U1"}}
		source.deny(fmt.Errorf("reading: %w", accessrequest.ErrNotAllowed))
		router := routing.NewMonitoringRouter(byTrait, source)
		go router.Follow(t.Context())
		requester := func() routing.Recipient {
			t.Helper()
			route, err := router.Route(t.Context(), accessrequest.Request{User: "eve@example.com"})
			if err != nil || len(route.Recipients) != 1 {
				t.Fatalf("told are %+v, %v", route.Recipients, err)
			}
			return route.Recipients[0]
		}
		who, changed := requester(), router.Changed()
		for range 2 {
			if got, err := router.Candidates(t.Context(), who); err == nil {
				t.Fatalf("candidates are %+v", got)
			}
			select {
			case <-changed:
			default:
				t.Fatal("requests are not looked at again")
			}
		}
		if again := router.Changed(); router.RequesterProblem() == "" || requester().Trait != "" {
			t.Errorf("the problem is %q, the requester %+v", router.RequesterProblem(), requester())
		} else if _, err := router.Candidates(t.Context(), who); err == nil || isClosed(again) {
			t.Error("what is known is told again")
		}
		if got, err := router.Candidates(t.Context(), requester()); err != nil || len(got) != 1 || got[0].Name != "eve@example.com" {
			t.Errorf("candidates are %+v, %v", got, err)
		}
		source.deny(nil)
		changed = router.Changed()
		time.Sleep(2 * time.Minute)
		if !isClosed(changed) || router.RequesterProblem() != "" || requester() != who {
			t.Errorf("once it may, the problem is %q, the requester %+v", router.RequesterProblem(), requester())
		}
	})
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
