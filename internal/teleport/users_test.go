package teleport

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

const (
	trait = "slack_uid"
	uid   = "U012ABC"
)

// fakeAccounts are the users of a fakeServer. The zero value has none.
type fakeAccounts struct {
	mu           sync.Mutex
	users        []*types.UserV2
	err          error
	takes        time.Duration
	lists, reads int
}

// set replaces the users.
func (f *fakeAccounts) set(users ...*types.UserV2) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users = users
}

func (f *fakeAccounts) user(_ context.Context, name string) (types.User, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
	for _, user := range f.users {
		if user.GetName() == name {
			return user, f.err
		}
	}
	return nil, trace.NotFound("user %q not found", name)
}

func (f *fakeAccounts) each(_ context.Context, do func(types.User) error) error {
	f.mu.Lock()
	users, err, takes := f.users, f.err, f.takes
	f.lists++
	f.mu.Unlock()
	time.Sleep(takes)
	for _, user := range users {
		if err := do(user); err != nil {
			return err
		}
	}
	return err
}

// counts returns how often users were listed, and read.
func (f *fakeAccounts) counts() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fmt.Sprintf("%d lists, %d reads", f.lists, f.reads)
}

func holder(name string, values ...string) *types.UserV2 {
	return &types.UserV2{Metadata: types.Metadata{Name: name}, Spec: types.UserSpecV2{Traits: map[string][]string{trait: values}}}
}

func changed(user *types.UserV2, change func(*types.UserV2)) *types.UserV2 {
	change(user)
	return user
}

func assertHolders(t *testing.T, s *SessionHandle, want ...string) {
	t.Helper()
	got, err := s.UsersWithTrait(t.Context(), trait, uid)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("users (-want +got, %v):\n%s", err, diff)
	}
}

func TestUsersWithTrait(t *testing.T) {
	past, future := time.Now().Add(-time.Minute), time.Now().Add(time.Hour)
	locked := func(until time.Time) func(*types.UserV2) {
		return func(u *types.UserV2) { u.SetLocked(until, "too many attempts") }
	}
	bot := func(u *types.UserV2) { u.Metadata.Labels = map[string]string{types.BotLabel: "x"} }
	for name, tt := range map[string]struct {
		users []*types.UserV2
		want  []string
	}{
		"nobody":                  {},
		"one":                     {users: []*types.UserV2{holder("alice", uid), holder("bob", "U1")}, want: []string{"alice"}},
		"one of several values":   {users: []*types.UserV2{holder("alice", "U1", uid, "U2")}, want: []string{"alice"}},
		"the value twice":         {users: []*types.UserV2{holder("alice", uid, uid)}, want: []string{"alice"}},
		"listed twice":            {users: []*types.UserV2{holder("alice", uid), holder("alice", uid)}, want: []string{"alice"}},
		"two":                     {users: []*types.UserV2{holder("alice", uid), holder("bob", uid)}, want: []string{"alice", "bob"}},
		"three":                   {users: []*types.UserV2{holder("a", uid), holder("b", uid), holder("c", uid)}, want: []string{"a", "b"}},
		"very many":               {users: []*types.UserV2{holder("a", uid), holder("b", uid), holder("c", uid), holder("d", uid), holder("e", uid)}, want: []string{"a", "b"}},
		"another case":            {users: []*types.UserV2{holder("alice", strings.ToLower(uid))}},
		"spaces around":           {users: []*types.UserV2{holder("alice", " "+uid), holder("bob", uid+" "), holder("carol", uid+"\n")}},
		"look-alikes":             {users: []*types.UserV2{holder("alice", "U012АВС"), holder("bob", "U012ABC\u200b"), holder("carol", "Ｕ012ABC")}},
		"a part":                  {users: []*types.UserV2{holder("alice", uid+"D"), holder("bob", uid[:6]), holder("carol", "U1,"+uid)}},
		"patterns":                {users: []*types.UserV2{holder("alice", "*"), holder("bob", "U*"), holder("carol", "^.*$")}},
		"no value":                {users: []*types.UserV2{holder("alice", ""), holder("bob")}},
		"a bot":                   {users: []*types.UserV2{changed(holder("bot", uid), bot)}},
		"a bot beside a person":   {users: []*types.UserV2{changed(holder("bot", uid), bot), holder("alice", uid)}, want: []string{"alice"}},
		"expired":                 {users: []*types.UserV2{changed(holder("alice", uid), func(u *types.UserV2) { u.SetExpiry(past) })}},
		"ends later":              {users: []*types.UserV2{changed(holder("alice", uid), func(u *types.UserV2) { u.SetExpiry(future) })}, want: []string{"alice"}},
		"locked":                  {users: []*types.UserV2{changed(holder("alice", uid), locked(future))}},
		"locked for good":         {users: []*types.UserV2{changed(holder("alice", uid), locked(time.Time{}))}},
		"locked before":           {users: []*types.UserV2{changed(holder("alice", uid), locked(past))}, want: []string{"alice"}},
		"one of two is locked":    {users: []*types.UserV2{holder("alice", uid), changed(holder("bob", uid), locked(future))}, want: []string{"alice", "bob"}},
		"names are no matter":     {users: []*types.UserV2{holder("<!channel> *\u202e", uid)}, want: []string{"<!channel> *\u202e"}},
		"another trait":           {users: []*types.UserV2{{Metadata: types.Metadata{Name: "alice"}, Spec: types.UserSpecV2{Traits: map[string][]string{"Slack_uid": {uid}, uid: {trait}}}}}},
		"a name that is the same": {users: []*types.UserV2{holder(uid), holder("alice", "U1")}},
	} {
		t.Run(name, func(t *testing.T) {
			server := &fakeServer{}
			server.accounts.set(tt.users...)
			pool := NewPool(Options{Connect: server.connect})
			s := pool.Acquire(Key{Address: "teleport.example.com:443"}, fakeIdentity("bot"))
			heard := newRecorder()
			s.Subscribe(heard)
			runPool(t, pool)
			await(t, heard, "synced", s.Synced)
			assertHolders(t, s, tt.want...)
		})
	}
}

// TestHoldersAreReadAnew covers what changes after users were listed.
func TestHoldersAreReadAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		users := &server.accounts
		users.set(holder("alice", uid), holder("bob", "U1"))
		s, _ := startSession(t, server, fakeIdentity("bot"))
		assertHolders(t, s, "alice")
		assertHolders(t, s, "alice")
		if got := users.counts(); got != "1 lists, 2 reads" {
			t.Errorf("two questions take %s", got)
		}
		users.set(holder("alice"), holder("bob", uid))
		assertHolders(t, s)
		time.Sleep(missFor)
		assertHolders(t, s, "bob")
		users.set(holder("alice", uid))
		time.Sleep(missFor)
		assertHolders(t, s, "alice")
		users.set(holder("alice", uid), holder("bob", uid))
		time.Sleep(listedFor)
		assertHolders(t, s, "alice", "bob")
		users.set()
		assertHolders(t, s)
	})
}

// TestUsersAreListedSeldom covers many people whom nobody knows, and lists that take long.
func TestUsersAreListedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		users := &server.accounts
		users.set(holder("alice", uid))
		s, _ := startSession(t, server, fakeIdentity("bot"))
		ask := func(times int) {
			var asking sync.WaitGroup
			for i := range times {
				asking.Go(func() {
					if got, err := s.UsersWithTrait(t.Context(), trait, fmt.Sprintf("U%d", i)); err != nil || got != nil {
						t.Errorf("U%d is %v (%v)", i, got, err)
					}
				})
			}
			asking.Wait()
		}
		ask(1000)
		if got := users.counts(); got != "1 lists, 0 reads" {
			t.Errorf("a thousand questions take %s", got)
		}
		users.mu.Lock()
		users.takes = 2 * time.Second
		users.mu.Unlock()
		began := time.Now()
		for time.Since(began) < 10*time.Minute {
			ask(1)
			time.Sleep(time.Second)
		}
		if users.lists > 17 {
			t.Errorf("%d lists in ten minutes", users.lists)
		}
		gaveUp, giveUp := context.WithCancel(t.Context())
		time.Sleep(listedFor)
		giveUp()
		if _, err := s.UsersWithTrait(gaveUp, trait, uid); !errors.Is(err, context.Canceled) {
			t.Errorf("a caller that gave up gets %v", err)
		}
		time.Sleep(users.takes)
		before := users.counts()
		assertHolders(t, s, "alice")
		if after := users.counts(); strings.Fields(after)[0] != strings.Fields(before)[0] {
			t.Errorf("the list that a caller did not wait for is lost: %s, then %s", before, after)
		}
	})
}

func TestUsersThatCannotBeListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		users := &server.accounts
		users.set(holder("alice", uid))
		s, _ := startSession(t, server, fakeIdentity("bot"))
		fail := func(err error) {
			users.mu.Lock()
			defer users.mu.Unlock()
			users.err = err
		}
		fail(trace.ConnectionProblem(nil, "unavailable"))
		if got, err := s.UsersWithTrait(t.Context(), trait, uid); err == nil || errors.Is(err, accessrequest.ErrNotAllowed) {
			t.Errorf("users are %v (%v)", got, err)
		}
		fail(nil)
		assertHolders(t, s, "alice")
		fail(trace.AccessDenied(`access denied to perform action "read" on "user"`))
		if got, err := s.UsersWithTrait(t.Context(), trait, uid); !errors.Is(err, accessrequest.ErrNotAllowed) {
			t.Errorf("a user that cannot be read is %v (%v)", got, err)
		}
		if got, err := s.IsUser(t.Context(), "alice"); got || !errors.Is(err, accessrequest.ErrNotAllowed) {
			t.Errorf("and is one: %v (%v)", got, err)
		}
		before := users.lists
		for range 3 {
			if got, err := s.UsersWithTrait(t.Context(), "discord_uid", uid); !errors.Is(err, accessrequest.ErrNotAllowed) {
				t.Errorf("users that cannot be listed are %v (%v)", got, err)
			}
		}
		if users.lists != before+1 {
			t.Errorf("%d lists were tried", users.lists-before)
		}
		fail(nil)
		time.Sleep(missFor)
		if _, err := s.UsersWithTrait(t.Context(), "discord_uid", uid); err != nil {
			t.Errorf("a denial is believed for ever: %v", err)
		}
	})
}

func TestListsOfUsersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		s, _ := startSession(t, server, fakeIdentity("bot"))
		var values []string
		for i := range 1000 {
			values = append(values, fmt.Sprintf("%0250d", i))
		}
		var large []*types.UserV2
		for i := range 1000 {
			mine := make([]string, 0, len(values))
			for _, value := range values {
				mine = append(mine, fmt.Sprintf("%d-%s", i, value[4:]))
			}
			large = append(large, holder(fmt.Sprint(i), mine...))
		}
		server.accounts.set(large...)
		if _, err := s.UsersWithTrait(t.Context(), trait, uid); !errors.Is(err, errTooManyUsers) {
			t.Errorf("250 MB of traits: %v", err)
		}
		time.Sleep(missFor)
		server.accounts.set(holder("alice", uid))
		for i := range 2 * maxTraits {
			if _, err := s.UsersWithTrait(t.Context(), fmt.Sprint("trait-", i), uid); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Millisecond)
		}
		if n := len(s.traits.byTrait); n != maxTraits {
			t.Errorf("lists of %d traits are kept", n)
		}
		if s.traits.get("trait-0") != nil || s.traits.get(fmt.Sprint("trait-", 2*maxTraits-1)) == nil {
			t.Error("not the newest are kept")
		}
		for trait, value := range map[string]string{"": uid, trait: "", trait + "x": strings.Repeat("x", 10_000)} {
			before := server.accounts.counts()
			if got, err := s.UsersWithTrait(t.Context(), trait, value); got != nil || err != nil || server.accounts.counts() != before {
				t.Errorf("%.20q of %q has %v (%v)", value, trait, got, err)
			}
		}
	})
}

func TestIsUser(t *testing.T) {
	_, s, _ := reviewing(t)
	for name, want := range map[string]bool{
		"alice": true, "carol": true, "Alice": false, "alice ": false, "": false, "nobody": false,
		"bot-x": false, "locked": false, "\xff": false, strings.Repeat("a", 10_000): false,
	} {
		if got, err := s.IsUser(t.Context(), name); err != nil || got != want {
			t.Errorf("%.20q is a user: %v (%v)", name, got, err)
		}
	}
}

// TestUsersOfAServer covers pages, and a server that shows users without an end.
func TestUsersOfAServer(t *testing.T) {
	srv, s, _ := reviewing(t)
	for i := range 1000 {
		srv.SetUser(teleporttest.User{Name: fmt.Sprintf("user-%03d", i), Traits: map[string][]string{trait: {fmt.Sprint("U", i)}}})
	}
	srv.SetUser(teleporttest.User{Name: "bot-y", Bot: true, Traits: map[string][]string{trait: {"U999"}}})
	for value, want := range map[string][]string{"U0": {"user-000"}, "U500": {"user-500"}, "U999": {"user-999"}, "u999": nil} {
		got, err := s.UsersWithTrait(t.Context(), trait, value)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s (-want +got, %v):\n%s", value, err, diff)
		}
	}
	if n := srv.Calls()["ListUsers"]; n < 5 || n > 10 {
		t.Errorf("%d pages were read", n)
	}
	srv.SetPermissions(teleporttest.ReviewPluginRole, teleporttest.ReviewPluginPermissions().With(types.KindUser, types.VerbRead))
	if _, err := s.UsersWithTrait(t.Context(), "other", "U0"); !errors.Is(err, accessrequest.ErrNotAllowed) {
		t.Errorf("users that may not be listed: %v", err)
	}
	srv.SetPermissions(teleporttest.ReviewPluginRole, teleporttest.ReviewPluginPermissions())
	for _, n := range []int{0, 200} {
		srv.EndlessUsers(n)
		if got, err := s.UsersWithTrait(t.Context(), fmt.Sprint("endless-", n), "U0"); !errors.Is(err, errTooManyUsers) {
			t.Errorf("a list without an end, %d users a page: %v (%v)", n, got, err)
		}
	}
}
