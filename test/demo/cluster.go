package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/wait"
)

const (
	// operatorUser is whom the API server knows the operator as. It may do what
	// config/rbac says, elect a leader, and nothing else.
	operatorUser = "access-notifier"
	// operatorNamespace holds the operator's lease, notifierNamespace the samples.
	operatorNamespace = "access-notifier-system"
	notifierNamespace = "teleport"
)

// readSample reads an AccessNotifier from config/samples. Unknown fields are an
// error: people start from these files.
func readSample(root, file string) (*v1alpha1.AccessNotifier, error) {
	content, err := os.ReadFile(filepath.Join(root, "config", "samples", file))
	if err != nil {
		return nil, fmt.Errorf("reading the sample: %w", err)
	}
	notifier := &v1alpha1.AccessNotifier{}
	if err := sigsyaml.UnmarshalStrict(content, notifier); err != nil {
		return nil, fmt.Errorf("reading the sample %s: %w", file, err)
	}
	notifier.Namespace = notifierNamespace
	return notifier, nil
}

// createNamespaces makes the namespaces that the operator and the samples need.
func (d *demo) createNamespaces(ctx context.Context) error {
	for _, name := range []string{operatorNamespace, notifierNamespace} {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
		if err := d.plane.Client().Create(ctx, namespace); err != nil {
			return fmt.Errorf("creating namespace %s: %w", name, err)
		}
	}
	return nil
}

// applySamples applies the sample of each service, with the Secrets that it
// names and the simulated Teleport's address, and waits until it is ready.
func (d *demo) applySamples(ctx context.Context) error {
	identity, err := d.teleport.Identity(teleporttest.IdentityOptions{})
	if err != nil {
		return fmt.Errorf("issuing an identity: %w", err)
	}
	for _, c := range d.chats {
		done := d.out.begin("AccessNotifier", "applying config/samples/"+c.sample)
		c.notifier.Spec.Teleport.Address = d.teleport.Addr()
		objects := append(secrets(c, identity), c.notifier)
		for _, object := range objects {
			// Two samples use the same identity.
			err := d.plane.Client().Create(ctx, object)
			if err != nil && (object == c.notifier || !apierrors.IsAlreadyExists(err)) {
				return fmt.Errorf("applying the sample %s: %w", c.sample, err)
			}
		}
		if err := wait.For(ctx, readyWithin, pollEvery, func() error { return d.checkReady(ctx, c.notifier) }); err != nil {
			return fmt.Errorf("waiting for the AccessNotifier %s: %w", c.notifier.Name, err)
		}
		done("config/samples/" + c.sample + " is applied and ready")
	}
	return nil
}

// secrets are the Secrets that a sample names.
func secrets(c *chat, identity *teleporttest.Identity) []client.Object {
	teleport, messenger := &c.notifier.Spec.Teleport, &c.notifier.Spec.Messenger
	objects := []client.Object{
		secret(messenger.TokenSecretRef().Name, map[string][]byte{messenger.TokenKey(): []byte(c.token)}),
	}
	if ref := teleport.IdentitySecretRef; ref != nil {
		objects = append(objects, secret(ref.Name, map[string][]byte{teleport.IdentityKeys()[0]: identity.File}))
	}
	if ref := teleport.TLSSecretRef; ref != nil {
		objects = append(objects, secret(ref.Name, map[string][]byte{
			ref.CertKeys()[0]:       identity.Cert,
			ref.PrivateKeyKeys()[0]: identity.Key,
			ref.CAKeys()[0]:         identity.CAs,
		}))
	}
	return objects
}

func secret(name v1alpha1.SecretName, data map[string][]byte) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: string(name), Namespace: notifierNamespace},
		Data:       data,
	}
}

// checkReady fails with what the conditions say, unless Ready is True.
func (d *demo) checkReady(ctx context.Context, notifier *v1alpha1.AccessNotifier) error {
	current := &v1alpha1.AccessNotifier{}
	if err := d.plane.Client().Get(ctx, client.ObjectKeyFromObject(notifier), current); err != nil {
		return err
	}
	if current.Status.ObservedGeneration != current.Generation {
		return errors.New("the operator has not looked at it")
	}
	for _, condition := range current.Status.Conditions {
		if condition.Type != v1alpha1.ConditionReady {
			continue
		}
		if condition.Status == metav1.ConditionTrue {
			return nil
		}
		return fmt.Errorf("it is not ready: %s: %s", condition.Reason, condition.Message)
	}
	return errors.New("it has no condition Ready")
}

// grantRoles gives the operator's user the generated cluster role, and in the
// operator's namespace what electing a leader takes.
func (d *demo) grantRoles(ctx context.Context) error {
	content, err := os.ReadFile(filepath.Join(d.root, "config", "rbac", "role.yaml"))
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
		if err := d.plane.Client().Create(ctx, object); err != nil {
			return fmt.Errorf("granting the operator its rights: %w", err)
		}
	}
	return nil
}
