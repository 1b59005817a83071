package helm

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// right is leave to do something in a namespace, or in all of them (""), to an
// object of a name, or to any ("").
type right struct {
	Namespace, Group, Resource, Verb, Name string
}

// auditEvent is what is needed of an event in the API server's audit log.
type auditEvent struct {
	Verb, RequestURI string
	User             struct {
		Username string
	}
	ObjectRef *struct {
		Namespace, APIGroup, Resource, Subresource, Name string
	}
	ResponseStatus *struct {
		Code int
	}
}

// action is what was done: to an object, or to a path of the API server, such as /version.
func (e auditEvent) action() right {
	ref := e.ObjectRef
	if ref == nil {
		return right{Resource: e.RequestURI, Verb: e.Verb}
	}
	return right{ref.Namespace, ref.APIGroup, strings.TrimSuffix(ref.Resource+"/"+ref.Subresource, "/"), e.Verb, ref.Name}
}

// used returns what a ServiceAccount did to objects, and what it was refused.
func used(t *testing.T, namespace, account string) (done, refused map[right]bool) {
	t.Helper()
	done, refused = map[right]bool{}, map[right]bool{}
	log, err := os.ReadFile(auditLog())
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(log)) {
		if !strings.HasSuffix(line, "\n") {
			continue // being written
		}
		var event auditEvent
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("reading the audit log: %v", err)
		}
		if event.User.Username != "system:serviceaccount:"+namespace+":"+account {
			continue
		}
		action := event.action()
		done[action] = true
		if event.ResponseStatus != nil && event.ResponseStatus.Code == 403 {
			refused[action] = true
		}
	}
	return done, refused
}

// granted returns the rights that all bindings of the cluster give to a ServiceAccount, but for
// those of every account.
func granted(t *testing.T, namespace, account string) map[right]bool {
	t.Helper()
	holds := func(subjects []rbacv1.Subject) bool {
		return slices.ContainsFunc(subjects, func(s rbacv1.Subject) bool { return s.Name == account && s.Namespace == namespace })
	}
	all := map[right]bool{}
	var clusterBindings rbacv1.ClusterRoleBindingList
	list(t, &clusterBindings)
	for _, binding := range clusterBindings.Items {
		if !holds(binding.Subjects) {
			continue
		}
		var role rbacv1.ClusterRole
		get(t, "", binding.RoleRef.Name, &role)
		add(all, "", role.Rules)
	}
	var bindings rbacv1.RoleBindingList
	list(t, &bindings)
	for _, binding := range bindings.Items {
		if !holds(binding.Subjects) {
			continue
		}
		if binding.RoleRef.Kind != "Role" {
			t.Errorf("RoleBinding %s gives a %s", binding.Name, binding.RoleRef.Kind)
			continue
		}
		var role rbacv1.Role
		get(t, binding.Namespace, binding.RoleRef.Name, &role)
		add(all, binding.Namespace, role.Rules)
	}
	return all
}

func add(all map[right]bool, namespace string, rules []rbacv1.PolicyRule) {
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					for _, name := range anyOr(rule.ResourceNames) {
						all[right{namespace, group, resource, verb, name}] = true
					}
				}
			}
		}
		for _, path := range rule.NonResourceURLs {
			for _, verb := range rule.Verbs {
				all[right{namespace, "", path, verb, ""}] = true
			}
		}
	}
}

// anyOr returns names, or "" for any.
func anyOr(names []string) []string {
	if len(names) == 0 {
		return []string{""}
	}
	return names
}

// checkRights wants the operator to have used every right it has, and to have
// been refused nothing.
func checkRights(t *testing.T, namespace, account string) {
	t.Helper()
	done, refused := used(t, namespace, account)
	if len(done) == 0 {
		t.Fatalf("ServiceAccount %s in %s has done nothing", account, namespace)
	}
	for action := range refused {
		t.Errorf("the operator may not %s, but tries to", action)
	}
	for right := range granted(t, namespace, account) {
		if !exercised(right, done) {
			t.Errorf("the operator may %s, but never does", right)
		}
	}
}

func exercised(r right, done map[right]bool) bool {
	for action := range done {
		if r.Namespace == "" {
			action.Namespace = ""
		}
		if r.Name == "" {
			action.Name = ""
		}
		if action == r {
			return true
		}
	}
	return false
}

func (r right) String() string {
	return fmt.Sprintf("%s %s %q of group %q in %s", r.Verb, r.Resource, r.Name, r.Group, cmp.Or(r.Namespace, "all namespaces"))
}

func list(t *testing.T, into client.ObjectList, options ...client.ListOption) {
	t.Helper()
	if err := plane.Client().List(t.Context(), into, options...); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, namespace, name string, into client.Object) {
	t.Helper()
	if err := plane.Client().Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, into); err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, object client.Object) {
	t.Helper()
	if err := plane.Client().Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}

func named(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}
