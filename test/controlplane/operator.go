package controlplane

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

const (
	// OperatorUser is the user that AddOperator makes.
	OperatorUser = "access-notifier"
	// OperatorNamespace is where operators with that user elect a leader.
	OperatorNamespace = "access-notifier-system"
)

// BuildOperator builds this repository's command at path, with flags of go build. It takes
// minutes when nothing is cached, so the caller's time limit must not include it.
func BuildOperator(ctx context.Context, path string, flags ...string) error {
	root, err := RepositoryRoot()
	if err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", append(append([]string{"build", "-o", path}, flags...), ".")...)
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the operator: %w\n%s", err, output)
	}
	return nil
}

// AddOperator makes a user for operators, and OperatorNamespace. The user has the
// generated cluster role, and in the namespace what electing a leader takes.
func (c *ControlPlane) AddOperator(ctx context.Context) (User, error) {
	role, err := readRole()
	if err != nil {
		return User{}, err
	}
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: OperatorUser}}
	ref := func(kind, name string) rbacv1.RoleRef {
		return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}
	}
	election := metav1.ObjectMeta{Name: "access-notifier-leader-election", Namespace: OperatorNamespace}
	for _, object := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: OperatorNamespace}},
		role,
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: role.Name}, RoleRef: ref("ClusterRole", role.Name), Subjects: subjects,
		},
		&rbacv1.Role{ObjectMeta: election, Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, Verbs: []string{"get", "create", "update"}},
			{APIGroups: []string{""}, Resources: []string{"events"}, Verbs: []string{"create", "patch"}},
		}},
		&rbacv1.RoleBinding{ObjectMeta: election, RoleRef: ref("Role", election.Name), Subjects: subjects},
	} {
		if err := c.client.Create(ctx, object); err != nil {
			return User{}, fmt.Errorf("granting the operator its rights: %w", err)
		}
	}
	return c.AddUser(OperatorUser)
}

func readRole() (*rbacv1.ClusterRole, error) {
	root, err := RepositoryRoot()
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(root, "config", "rbac", "role.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading the operator's role: %w", err)
	}
	role := &rbacv1.ClusterRole{}
	if err := yaml.UnmarshalStrict(content, role); err != nil {
		return nil, fmt.Errorf("reading the operator's role: %w", err)
	}
	return role, nil
}
