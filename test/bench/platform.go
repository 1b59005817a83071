package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/test/controlplane"
)

const (
	// operatorUser is whom the API server knows the operators as. It may do what
	// config/rbac says, elect a leader, and nothing else.
	operatorUser = "access-notifier"
	// operatorNamespace holds the leases.
	operatorNamespace = "access-notifier-system"
)

// platform is what all measurements share: a control plane that logs what the
// operators ask of it, and the operator's binary.
type platform struct {
	// profile is where profiles go, "" for none.
	profile string
	// binary is the operator; if it is "", one is built.
	binary string

	dir        string
	root       string
	kubeconfig string
	auditLog   string
	plane      *controlplane.ControlPlane
	stops      []func() error
}

func (p *platform) start(ctx context.Context) error {
	var err error
	if p.root, err = controlplane.RepositoryRoot(); err != nil {
		return err
	}
	if p.dir, err = os.MkdirTemp("", "access-notifier-bench-"); err != nil {
		return fmt.Errorf("making a temporary directory: %w", err)
	}
	p.stops = append(p.stops, func() error { return os.RemoveAll(p.dir) })
	for _, step := range []func(context.Context) error{p.build, p.startPlane, p.grantRoles, p.addUser} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// stop stops in reverse order all that was started.
func (p *platform) stop() error {
	var errs []error
	for _, stop := range slices.Backward(p.stops) {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

func (p *platform) build(ctx context.Context) error {
	if p.binary != "" {
		return nil
	}
	note("building the operator ...")
	p.binary = filepath.Join(p.dir, "access-notifier")
	return controlplane.BuildOperator(ctx, p.binary)
}

func (p *platform) startPlane(context.Context) error {
	note("starting kube-apiserver and etcd ...")
	policy := filepath.Join(p.dir, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return err
	}
	p.auditLog = filepath.Join(p.dir, "audit.log")
	var err error
	p.plane, err = controlplane.Start(controlplane.Options{APIServerFlags: map[string][]string{
		"audit-policy-file": {policy},
		"audit-log-path":    {p.auditLog},
	}})
	if err != nil {
		return err
	}
	p.stops = append(p.stops, p.plane.Stop)
	return nil
}

// grantRoles gives the operators' user the generated cluster role, and in the
// operators' namespace what electing a leader takes.
func (p *platform) grantRoles(ctx context.Context) error {
	content, err := os.ReadFile(filepath.Join(p.root, "config", "rbac", "role.yaml"))
	if err != nil {
		return fmt.Errorf("reading the operator's role: %w", err)
	}
	role := &rbacv1.ClusterRole{}
	if err := sigsyaml.UnmarshalStrict(content, role); err != nil {
		return fmt.Errorf("reading the operator's role: %w", err)
	}
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: operatorUser}}
	ref := func(kind, name string) rbacv1.RoleRef {
		return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}
	}
	election := metav1.ObjectMeta{Name: "access-notifier-leader-election", Namespace: operatorNamespace}
	for _, object := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: operatorNamespace}},
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
		if err := p.plane.Client().Create(ctx, object); err != nil {
			return fmt.Errorf("granting the operator its rights: %w", err)
		}
	}
	return nil
}

func (p *platform) addUser(context.Context) error {
	user, err := p.plane.AddUser(operatorUser)
	if err != nil {
		return err
	}
	p.kubeconfig = filepath.Join(p.dir, "operator.kubeconfig")
	return os.WriteFile(p.kubeconfig, user.Kubeconfig, 0o600)
}
