package tenants

import (
	"context"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// attack is something that one tenant does to another, whose AccessNotifier works before and after.
type attack struct {
	// on is the chat service of both; Slack by default.
	on service.Service
	// name is that of the victim's AccessNotifier; "approvals" by default.
	name string
	do   func(victim, attacker *tenant)
}

// try carries attacks out, each on a victim of its own.
func try(t *testing.T, attacks map[string]attack) {
	t.Helper()
	for name, a := range attacks {
		t.Run(name, func(t *testing.T) {
			on := a.on
			if on.Type == "" {
				on = service.Slack
			}
			victim := newTenant(t, "victim", on)
			if a.name != "" {
				victim.name = a.name
			}
			attacker := newAttacker(t, on)
			t.Parallel() // Users are made one after the other.
			victim.runs()
			victim.works()
			a.do(victim, attacker)
			victim.works()
			attacker.readsNothingOf(victim)
		})
	}
}

// newAttacker makes a tenant who acts as a user with all rights in their own namespace, and none
// elsewhere.
func newAttacker(t *testing.T, on service.Service) *tenant {
	t.Helper()
	n := newTenant(t, "attacker", on)
	user, err := plane.AddUser("owner-of-" + n.namespace)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"*"}
	role := &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Namespace: n.namespace, Name: "owner"},
		Rules:      []rbacv1.PolicyRule{{APIGroups: all, Resources: all, Verbs: all}},
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: n.namespace, Name: "owner"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "owner-of-" + n.namespace}},
	}
	for _, object := range []client.Object{role, binding} {
		if err := plane.Client().Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	if n.client, err = client.New(user.Config, client.Options{Scheme: plane.Client().Scheme()}); err != nil {
		t.Fatal(err)
	}
	return n
}

// removeAfterwards deletes an object at the end of the test, whatever keeps it.
func (n *tenant) removeAfterwards(object client.Object) {
	n.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		if notifier, ok := object.(*v1alpha1.AccessNotifier); ok && len(notifier.Finalizers) > 0 {
			patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`))
			_ = client.IgnoreNotFound(plane.Client().Patch(ctx, notifier.DeepCopy(), patch))
		}
		if err := plane.Client().Delete(ctx, object); client.IgnoreNotFound(err) != nil {
			n.t.Errorf("deleting %s: %v", object.GetName(), err)
		}
	})
}
