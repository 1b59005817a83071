package controllers

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// inputs is what a notifier is made of, or what is missing for it.
type inputs struct {
	spec supervisor.Spec
	// identity and token are what is wrong with the Secrets.
	identity, token problems
	// runnable is true if spec is whole, be it with what Secrets held that are gone
	// or broken now.
	runnable bool
	// changed is true if the Secrets were read now, because something has changed.
	changed bool
	// checkedAt is when it was last checked whether the Secrets have changed.
	checkedAt time.Time
	// reviewForbidden is true if the operator lets nobody decide in chat, whatever the
	// object says.
	reviewForbidden bool
}

func (i inputs) complete() bool {
	return len(i.identity) == 0 && len(i.token) == 0
}

// keepLastGood takes over from what was read before, of the same object, what
// cannot be read now: a token that is gone does not keep a new identity from being
// used.
func (i *inputs) keepLastGood(before inputs) {
	i.runnable = i.complete() || before.runnable
	if len(i.identity) > 0 && before.runnable {
		i.spec.Teleport = before.spec.Teleport
	}
	if len(i.token) > 0 && before.runnable {
		i.spec.Messenger.Secrets = before.spec.Messenger.Secrets
	}
}

// denied reports whether the operator may not read a Secret. That may end without
// any change of the Secret.
func (i inputs) denied() bool {
	return i.identity.denied() || i.token.denied()
}

// observed remembers what inputs were read from.
type observed struct {
	generation int64
	// secrets are the resource versions of the Secrets, "" for missing ones.
	secrets []string
	inputs  inputs
}

// inputs reads the Secrets that the object names, unless it and they are as they
// were last time. Where Secrets are polled, they are checked when it is time or
// a user has asked for it.
func (r *AccessNotifierReconciler) inputs(ctx context.Context, m *memory, notifier *v1alpha1.AccessNotifier, asked bool) (inputs, error) {
	last := m.observed
	installation, before := last.inputs.spec.Installation, last.inputs
	known := last.generation == notifier.Generation && !before.denied()
	if last.generation != notifier.Generation {
		before = inputs{}
	}
	found, now := before, time.Now()
	found.changed = false
	if known && !asked && now.Before(found.checkedAt.Add(r.SecretPollInterval)) {
		return found, nil
	}

	versions, err := r.secretVersions(ctx, notifier)
	if err != nil {
		return inputs{}, err
	}
	if !known || !slices.Equal(last.secrets, versions) {
		if found, err = r.read(ctx, notifier, versions); err != nil {
			return inputs{}, err
		}
		if found.spec.Installation, err = r.installation(ctx, notifier.Namespace, installation); err != nil {
			return inputs{}, err
		}
		if found.spec.AccessLists != nil {
			found.spec.AccessLists.Store = r.accessListStore(notifier)
		}
		found.keepLastGood(before)
		found.changed = true
	}
	found.checkedAt = now
	m.observed = observed{generation: notifier.Generation, secrets: versions, inputs: found}
	return found, nil
}

// secretVersions returns the resource versions of the named Secrets, "" for those
// that do not exist or must not be read.
func (r *AccessNotifierReconciler) secretVersions(ctx context.Context, notifier *v1alpha1.AccessNotifier) ([]string, error) {
	var versions []string
	for _, name := range notifier.Spec.SecretNames() {
		metadata := &metav1.PartialObjectMetadata{}
		metadata.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
		err := r.metadata.Get(ctx, types.NamespacedName{Namespace: notifier.Namespace, Name: name}, metadata)
		if client.IgnoreNotFound(err) != nil && !apierrors.IsForbidden(err) {
			return nil, fmt.Errorf("reading metadata of Secret %s: %w", name, err)
		}
		versions = append(versions, metadata.ResourceVersion)
	}
	return versions, nil
}

// installation returns what tells this Kubernetes cluster from others that have a
// namespace of the same name: the namespace's UID, which never changes. It is
// asked for once for each object. Where the operator may not read namespaces, it
// is unknown, and everything but the detection of another cluster's records works.
func (r *AccessNotifierReconciler) installation(ctx context.Context, namespace, known string) (string, error) {
	if known != "" {
		return known, nil
	}
	metadata := &metav1.PartialObjectMetadata{}
	metadata.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	err := r.Secrets.Get(ctx, types.NamespacedName{Name: namespace}, metadata)
	if apierrors.IsForbidden(err) || apierrors.IsNotFound(err) {
		ctrl.LoggerFrom(ctx).Info("Could not read the Namespace, so records of a notifier with the same name in another cluster are not told apart; "+
			"allow the ServiceAccount to get it", "namespace", namespace)
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading metadata of Namespace %s: %w", namespace, err)
	}
	return string(metadata.UID), nil
}

// read reads the Secrets and makes a supervisor's spec of them and the object.
func (r *AccessNotifierReconciler) read(ctx context.Context, notifier *v1alpha1.AccessNotifier, versions []string) (inputs, error) {
	byName := map[string]string{}
	for i, name := range notifier.Spec.SecretNames() {
		byName[name] = versions[i]
	}
	found, err := read(ctx, sharingReader{r.Secrets, &r.shared, byName}, notifier)
	if r.ForbidReview {
		found.reviewForbidden, found.spec.Review = true, review.Spec{}
	}
	return found, err
}

func read(ctx context.Context, from client.Reader, notifier *v1alpha1.AccessNotifier) (inputs, error) {
	var found inputs
	spec := &notifier.Spec
	found.spec.Rules = RoutingRules(spec)
	found.spec.Wording = wordingOf(spec.Message)
	found.spec.Review = reviewOf(spec)
	found.spec.Teleport.Address = spec.Teleport.Address
	found.spec.Messenger.Type = string(spec.Messenger.Type)
	found.spec.Messenger.URL = spec.Messenger.ServerURL()
	found.spec.Messenger.Settings = spec.Messenger.Settings()
	found.spec.Messenger.Insecure = spec.Messenger.IsInsecure()
	found.spec.Predecessor = spec.AdoptedPlugin()
	found.spec.AccessLists = accessLists(notifier)

	secrets := newSecretReader(from, notifier.Namespace)
	found.identity = secrets.identity(ctx, &spec.Teleport, &found.spec.Teleport)
	found.spec.Messenger.SecretsFrom = secretsFrom(&spec.Messenger)
	found.spec.Messenger.Secrets, found.token = secrets.messenger(ctx, &spec.Messenger)
	return found, secrets.err
}

// Translate makes a supervisor's spec of an object and the Secrets that it names, as the
// operator does. What the Secrets that are wrong should hold is missing in the spec.
func Translate(ctx context.Context, from client.Reader, notifier *v1alpha1.AccessNotifier) (spec supervisor.Spec, wrong []status.Problem, err error) {
	found, err := read(ctx, from, notifier)
	for _, p := range slices.Concat(found.identity, found.token) {
		wrong = append(wrong, status.Problem{Reason: p.reason, Message: p.message})
	}
	return found.spec, wrong, err
}
