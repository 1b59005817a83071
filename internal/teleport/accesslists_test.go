package teleport

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accesslist"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func readingLists(t *testing.T, o teleporttest.Options, lists ...teleporttest.AccessList) (*teleporttest.Server, *SessionHandle) {
	t.Helper()
	if o.Permissions == nil {
		o.Permissions = map[string]teleporttest.Permissions{teleporttest.PluginRole: teleporttest.ListPermissions()}
	}
	srv := teleporttest.ForTest(t, o)
	srv.SetAccessLists(lists...)
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	await(t, heard, "connected", func() bool { return s.Status().Connected })
	return srv, s
}

// TestAccessLists covers owners of each kind, lists that are not due, and several pages.
func TestAccessLists(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	lists := []teleporttest.AccessList{
		{Name: "direct", Title: "Direct", Due: now.Add(time.Hour), Owners: []string{"alice", "bob"}, Ineligible: []string{"bob"}},
		{Name: "nested", Title: "Nested", Due: now.Add(-time.Hour), Owners: []string{"alice"}, OwnerLists: []string{"leads"}},
		{Name: "leads", Members: []string{"carol"}, Owners: []string{"dave"}},
		{Name: "later", Due: now.Add(accesslist.Window + time.Hour), Owners: []string{"alice"}},
	}
	for i := range 2 * pageSize {
		lists = append(lists, teleporttest.AccessList{Name: fmt.Sprintf("static-%d", i)})
	}
	lists = append(lists, teleporttest.AccessList{Name: "last", Due: now, Owners: []string{"erin"}})
	srv, s := readingLists(t, teleporttest.Options{}, lists...)
	got, err := s.AccessLists(t.Context(), now)
	must(t, err)
	want := []accesslist.List{
		{Name: "direct", Title: "Direct", Due: now.Add(time.Hour), Owners: []string{"alice"}},
		{Name: "nested", Title: "Nested", Due: now.Add(-time.Hour), Owners: []string{"alice", "carol"}},
		{Name: "last", Due: now, Owners: []string{"erin"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if calls := srv.Calls(); calls["ListAccessLists"] != 3 || calls["GetAccessListOwners"] != 1 {
		t.Errorf("made %d calls for lists and %d for owners", calls["ListAccessLists"], calls["GetAccessListOwners"])
	}
}

// TestAccessListsAreBounded covers a cluster in which everything is due.
func TestAccessListsAreBounded(t *testing.T) {
	now := time.Now()
	lists := make([]teleporttest.AccessList, maxDueLists+1)
	for i := range lists {
		lists[i] = teleporttest.AccessList{Name: fmt.Sprint(i), Due: now}
	}
	for range 2 * maxOwners {
		lists[0].Owners = append(lists[0].Owners, "alice")
	}
	_, s := readingLists(t, teleporttest.Options{}, lists...)
	got, err := s.AccessLists(t.Context(), now)
	if !errors.Is(err, accesslist.ErrTooMany) || len(got) != maxDueLists || len(got[0].Owners) != maxOwners {
		t.Errorf("got %d lists, %v", len(got), err)
	}
	lists[1].Due = now.AddDate(1, 0, 0)
	_, s = readingLists(t, teleporttest.Options{}, lists...)
	if got, err := s.AccessLists(t.Context(), now); err != nil || len(got) != maxDueLists {
		t.Errorf("got %d lists, %v, although one is not due", len(got), err)
	}
}

// TestAccessListsThatMayNotBeRead covers a role and a server that do not give them.
func TestAccessListsThatMayNotBeRead(t *testing.T) {
	denied := teleporttest.Options{Permissions: map[string]teleporttest.Permissions{
		teleporttest.PluginRole: teleporttest.ListPermissions().With(types.KindAccessList, types.VerbList),
	}}
	for name, o := range map[string]teleporttest.Options{"role": denied, "server": {OpenSource: true}} {
		t.Run(name, func(t *testing.T) {
			_, s := readingLists(t, o)
			if _, err := s.AccessLists(t.Context(), time.Now()); !errors.Is(err, accessrequest.ErrNotAllowed) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
