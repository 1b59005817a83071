package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// notifierNamespace holds the samples.
const notifierNamespace = "teleport"

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

// createNamespace makes the namespace of the samples.
func (d *demo) createNamespace(ctx context.Context) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: notifierNamespace}}
	if err := d.plane.Client().Create(ctx, namespace); err != nil {
		return fmt.Errorf("creating namespace %s: %w", notifierNamespace, err)
	}
	return nil
}

// applySamples applies the sample of each service, with the Secrets that it
// names and the simulated Teleport's address, and waits until it is ready.
func (d *demo) applySamples(ctx context.Context) error {
	identity, err := d.teleport.Identity(teleporttest.IdentityOptions{Roles: []string{teleporttest.ReviewPluginRole}})
	if err != nil {
		return fmt.Errorf("issuing an identity: %w", err)
	}
	for _, c := range d.chats {
		done := d.out.begin("AccessNotifier", "applying config/samples/"+c.sample())
		c.notifier.Spec.Teleport.Address = d.teleport.Addr()
		if d.locale != "" {
			c.notifier.Spec.Message = &v1alpha1.MessageSpec{Locale: v1alpha1.MessageLocale(d.locale)}
		}
		objects := append(secrets(c, identity), c.notifier)
		for _, object := range objects {
			// Two samples use the same identity.
			err := d.plane.Client().Create(ctx, object)
			if err != nil && (object == c.notifier || !apierrors.IsAlreadyExists(err)) {
				return fmt.Errorf("applying the sample %s: %w", c.sample(), err)
			}
		}
		if err := wait.For(ctx, readyWithin, pollEvery, func() error { return d.checkReady(ctx, c.notifier) }); err != nil {
			return fmt.Errorf("waiting for the AccessNotifier %s: %w", c.notifier.Name, err)
		}
		done("config/samples/" + c.sample() + " is applied and ready" + c.additions())
	}
	return d.setEndpoints(ctx)
}

// secrets are the Secrets that a sample names.
func secrets(c *chat, identity *teleporttest.Identity) []client.Object {
	teleport, bot := &c.notifier.Spec.Teleport, c.notifier.Spec.Messenger.SecretRefs()
	byName := map[v1alpha1.SecretName]map[string][]byte{}
	values := c.Secrets(c.token)
	maps.Copy(values, c.clicks)
	for name, value := range values {
		ref, isSecret := bot[name]
		if !isSecret {
			// The spec has its value.
			continue
		}
		if byName[ref.Name] == nil {
			byName[ref.Name] = map[string][]byte{}
		}
		byName[ref.Name][string(ref.Key)] = []byte(value)
	}
	var objects []client.Object
	for name, data := range byName {
		objects = append(objects, secret(name, data))
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

// checkReady fails with what the conditions say, unless Ready is True, and ReviewAvailable where
// there are buttons.
func (d *demo) checkReady(ctx context.Context, notifier *v1alpha1.AccessNotifier) error {
	current := &v1alpha1.AccessNotifier{}
	if err := d.plane.Client().Get(ctx, client.ObjectKeyFromObject(notifier), current); err != nil {
		return err
	}
	if current.Status.ObservedGeneration != current.Generation {
		return errors.New("the operator has not looked at it")
	}
	wanted := []string{v1alpha1.ConditionReady}
	if notifier.Spec.Review != nil {
		wanted = append(wanted, v1alpha1.ConditionReviewAvailable)
	}
	for _, name := range wanted {
		condition := meta.FindStatusCondition(current.Status.Conditions, name)
		if condition == nil {
			return fmt.Errorf("it has no condition %s", name)
		}
		if condition.Status != metav1.ConditionTrue {
			return fmt.Errorf("it is not %s: %s: %s", name, condition.Reason, condition.Message)
		}
	}
	return nil
}
