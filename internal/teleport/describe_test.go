package teleport

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// inventory are resources of each kind, one of them with several agents.
func inventory() (all []teleporttest.Requestable) {
	for _, kind := range []string{"node", "app", "db", "kube_cluster", "windows_desktop", "user_group"} {
		all = append(all, teleporttest.Requestable{
			Kind: kind, Name: kind + "-id", Title: "the " + kind, Labels: map[string]string{"env": "prod"}, Agents: 3,
		})
	}
	return append(all, teleporttest.Requestable{Kind: "node", Name: "hidden", Title: "hidden", Hidden: true},
		teleporttest.Requestable{Kind: "node", Name: `"q" || x\`, Title: "quoted", Labels: map[string]string{"env": "dev"}})
}

// resource is one of a cluster, or of this one.
func resource(kind, name string, cluster ...string) accessrequest.Resource {
	return accessrequest.Resource{Cluster: strings.Join(append(cluster, "lab")[:1], ""), Kind: kind, Name: name}
}

func describing(t *testing.T, srv *teleporttest.Server) (*SessionHandle, *recorder) {
	t.Helper()
	srv.SetRequestables(inventory()...)
	srv.SetLogins("editor", "root", "{{internal.logins}}")
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	await(t, heard, "connected", func() bool { return s.Status().Connected })
	return s, heard
}

// TestDescribe covers every kind of resources, in one call for each kind that may have a name
// besides its id.
func TestDescribe(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	s, _ := describing(t, srv)
	before := srv.Calls()["ListResources"]
	r := accessrequest.Request{ID: "r", State: accessrequest.Pending, Roles: []string{"editor", "unknown"}, Resources: []accessrequest.Resource{
		resource("node", "node-id"), resource("node", `"q" || x\`), resource("app", "app-id"), resource("db", "db-id"),
		resource("user_group", "user_group-id"), resource("node", "node-id", "leaf"), resource("pod", "kube_cluster-id"),
		resource("node", "hidden"), resource("owl", "x"), resource("node", strings.Repeat("x", 5000)),
	}}
	got, complete := s.Describe(t.Context(), r, time.Minute)
	var titles []string
	for _, resource := range got.Resources {
		titles = append(titles, resource.Title)
	}
	want := []string{"the node", "quoted", "the app", "", "the user_group", "", "", "", "", ""}
	if diff := cmp.Diff(want, titles); diff != "" || !complete {
		t.Errorf("complete: %t, titles (-want +got):\n%s", complete, diff)
	}
	if diff := cmp.Diff(map[string][]string{"editor": {"root", "{{internal.logins}}"}}, got.Logins); diff != "" {
		t.Errorf("logins (-want +got):\n%s", diff)
	}
	if r.Resources[0].Title != "" {
		t.Error("the request that the mirror keeps was changed")
	}
	if again, complete := s.Describe(t.Context(), r, 0); !complete || !cmp.Equal(again, got) {
		t.Error("what is known is not told at once")
	}
	wait.Test(t, 10*time.Second, "permissions are tried", wait.True(func() bool { return srv.Calls()["ListResources"]-before == 6 }))
	if got := s.Status().Unread; got != nil {
		t.Errorf("could not read %q", got)
	}
}

// TestDescribeInOneCall covers many requests at once.
func TestDescribeInOneCall(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	s, heard := describing(t, srv)
	wait.Test(t, 10*time.Second, "permissions are tried", wait.True(func() bool { return srv.Calls()["ListResources"] == 3 }))
	srv.Slow(200 * time.Millisecond)
	for i := range 500 {
		id := fmt.Sprint(i)
		s.Describe(t.Context(), accessrequest.Request{ID: id, Resources: []accessrequest.Resource{resource("node", id)}}, 0)
	}
	heard.takeChanged()
	var changed []string
	await(t, heard, "all requests change", func() bool {
		changed = append(changed, heard.takeChanged()...)
		slices.Sort(changed)
		return len(slices.Compact(changed)) == 500
	})
	if got := srv.Calls()["ListResources"] - 3; got > 6 {
		t.Errorf("%d calls for 500 requests", got)
	}
}

// TestDescribeDoesNotWaitForLong covers a server that hangs: one request waits, the next does
// not, and both change when the answer comes.
func TestDescribeDoesNotWaitForLong(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	s, heard := describing(t, srv)
	wait.Test(t, 10*time.Second, "permissions are tried", wait.True(func() bool { return srv.Calls()["GetRole"] == 1 }))
	heard.takeChanged()
	srv.Hang(true)
	const patience = 300 * time.Millisecond
	var took []time.Duration
	for _, id := range []string{"first", "second"} {
		began := time.Now()
		r := accessrequest.Request{ID: id, State: accessrequest.Pending, Roles: []string{"editor"}, Resources: []accessrequest.Resource{resource("node", "node-id")}}
		if got, complete := s.Describe(t.Context(), r, patience); complete || got.Resources[0].Title != "" {
			t.Errorf("got %+v of a server that hangs", got)
		}
		took = append(took, time.Since(began))
	}
	if took[0] < patience || took[1] >= patience {
		t.Errorf("waited %v", took)
	}
	srv.Hang(false)
	var changed []string
	await(t, heard, "both change", func() bool {
		changed = append(changed, heard.takeChanged()...)
		return slices.Contains(changed, "first") && slices.Contains(changed, "second")
	})
}

// TestDescribeWithoutPermission covers what the role does not allow, or does not show: it is
// named once, and stays away from the text.
func TestDescribeWithoutPermission(t *testing.T) {
	r := accessrequest.Request{ID: "r", State: accessrequest.Pending, Roles: []string{"editor"}, Resources: []accessrequest.Resource{resource("node", "node-id"), resource("app", "gone")}}
	srv := teleporttest.ForTest(t, teleporttest.Options{Permissions: map[string]teleporttest.Permissions{
		teleporttest.PluginRole: teleporttest.PluginPermissions().With(types.KindNode, types.VerbList).With(types.KindRole),
	}})
	s, _ := describing(t, srv)
	unread := func(want ...string) func() bool { return func() bool { return slices.Equal(s.Status().Unread, want) } }
	wait.Test(t, 10*time.Second, "it is named before a request needs it", wait.True(unread("node", "role")))
	got, complete := s.Describe(t.Context(), r, time.Minute)
	if !complete || got.Resources[0].Title != "" || len(got.Logins) != 0 {
		t.Errorf("described as %+v", got)
	}
	wait.Test(t, 10*time.Second, "what is not shown is named, too", wait.True(unread("app", "node", "role")))
	srv.SetPermissions(teleporttest.PluginRole, teleporttest.PluginPermissions())
	for _, l := range s.resources {
		l.mu.Lock()
		l.s.denied = time.Time{} // as after deniedFor
		l.mu.Unlock()
	}
	if got, _ := s.Describe(t.Context(), r, time.Minute); got.Resources[0].Title == "" {
		t.Error("what the role allows now is not shown")
	}
	wait.Test(t, 10*time.Second, "it is named no longer", wait.True(unread("app", "role")))
}

func TestLabels(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	s, _ := describing(t, srv)
	var all []accessrequest.Resource
	for _, r := range inventory()[:6] {
		all = append(all, resource(r.Kind, r.Name))
	}
	all = append(all, resource("pod", "kube_cluster-id"), resource("node", "node-id"))
	got, err := s.Labels(t.Context(), all)
	if err != nil || len(got) != len(all) {
		t.Fatalf("%d labels (%v)", len(got), err)
	}
	for i, labels := range got {
		if labels["env"] != "prod" {
			t.Errorf("labels of %s are %v", all[i], labels)
		}
	}
	for name, r := range map[string]accessrequest.Resource{
		"hidden": resource("node", "hidden"), "of a leaf cluster": resource("node", "node-id", "leaf"), "of another kind": resource("owl", "x"),
	} {
		if _, err := s.Labels(t.Context(), append(all, r)); !errors.Is(err, accessrequest.ErrNotAllowed) || strings.Contains(err.Error(), "owl") {
			t.Errorf("labels of a resource that is %s: %v", name, err)
		}
	}
	srv.Unavailable(true)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := s.Labels(ctx, []accessrequest.Resource{resource("node", "other")}); err == nil || errors.Is(err, accessrequest.ErrNotAllowed) {
		t.Errorf("labels while Teleport does not work: %v", err)
	}
}
