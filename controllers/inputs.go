package controllers

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// inputs is what a notifier is made of, or what is missing for it.
type inputs struct {
	spec supervisor.Spec
	// identity and token are what is wrong with the Secrets, nil if nothing is.
	identity, token *problem
	// usable is true if spec is whole, be it with what Secrets held that are gone
	// or broken now.
	usable bool
	// fresh is true if the Secrets were read now, because something has changed.
	fresh bool
	// looked is when it was last looked whether the Secrets have changed.
	looked time.Time
}

func (i inputs) complete() bool {
	return i.identity == nil && i.token == nil
}

// fillFrom takes over from what was read before, of the same object, what cannot
// be read now: a token that is gone does not keep a new identity from being used.
func (i *inputs) fillFrom(before inputs) {
	i.usable = i.complete() || before.usable
	if i.identity != nil && before.usable {
		i.spec.Teleport = before.spec.Teleport
	}
	if i.token != nil && before.usable {
		i.spec.Messenger.Token = before.spec.Messenger.Token
	}
}

// denied reports whether the operator may not read a Secret. That may end without
// any change of the Secret.
func (i inputs) denied() bool {
	return i.identity != nil && i.identity.reason == v1alpha1.ReasonPermissionDenied ||
		i.token != nil && i.token.reason == v1alpha1.ReasonPermissionDenied
}

// problem is a Secret that cannot be used.
type problem struct {
	reason, message string
	// waiting is true for what may well appear by itself.
	waiting bool
}

// consumed remembers what inputs were read from.
type consumed struct {
	uid        types.UID
	generation int64
	// secrets are the resource versions of the Secrets, "" for missing ones.
	secrets []string
	inputs  inputs
}

// inputs reads the Secrets that the object names, unless it and they are as they
// were last time. Where Secrets are polled, they are looked at when it is time or
// somebody has asked for it.
func (r *AccessNotifierReconciler) inputs(ctx context.Context, notifier *v1alpha1.AccessNotifier, asked bool) (inputs, error) {
	name := client.ObjectKeyFromObject(notifier)
	r.mu.Lock()
	last, ok := r.consumed[name]
	r.mu.Unlock()
	if last.uid != notifier.UID || last.generation != notifier.Generation {
		last, ok = consumed{}, false
	}
	ok = ok && !last.inputs.denied()
	found, now := last.inputs, time.Now()
	found.fresh = false
	if ok && !asked && now.Before(found.looked.Add(r.SecretPollInterval)) {
		return found, nil
	}

	versions, err := r.secretVersions(ctx, notifier)
	if err != nil {
		return inputs{}, err
	}
	if !ok || !slices.Equal(last.secrets, versions) {
		if found, err = r.read(ctx, notifier); err != nil {
			return inputs{}, err
		}
		found.fillFrom(last.inputs)
		found.fresh = true
	}
	found.looked = now
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.consumed == nil {
		r.consumed = map[types.NamespacedName]consumed{}
	}
	r.consumed[name] = consumed{uid: notifier.UID, generation: notifier.Generation, secrets: versions, inputs: found}
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

// read reads the Secrets and makes a supervisor's spec of them and the object.
func (r *AccessNotifierReconciler) read(ctx context.Context, notifier *v1alpha1.AccessNotifier) (inputs, error) {
	var found inputs
	spec := &notifier.Spec
	found.spec.Rules.RoleToRecipients = spec.RecipientsByRole()
	found.spec.Rules.Always = spec.Recipients
	found.spec.Rules.SuggestedReviewers = spec.NotifySuggestedReviewers()
	found.spec.Rules.Requester = spec.NotifyRequester()
	found.spec.Teleport.Address = spec.Teleport.Address
	found.spec.Messenger.Type = string(spec.Messenger.Type)
	if spec.Messenger.Mattermost != nil {
		found.spec.Messenger.URL = spec.Messenger.Mattermost.URL
	}

	secrets := secretReader{reader: r.Secrets, namespace: notifier.Namespace}
	found.identity = secrets.identity(ctx, &spec.Teleport, &found.spec.Teleport)
	if ref := spec.Messenger.TokenSecretRef(); ref != nil {
		var token []byte
		token, found.token = secrets.value(ctx, ref.Name, spec.Messenger.TokenKey())
		found.spec.Messenger.Token = strings.TrimSpace(string(token))
	}
	return found, secrets.err
}

// secretReader reads values out of Secrets. It keeps the first error of the API
// server in err; a Secret that cannot be used is a problem instead.
type secretReader struct {
	reader    client.Reader
	namespace string
	err       error
}

// identity reads the identity and the private CA of the Teleport block.
func (s *secretReader) identity(ctx context.Context, from *v1alpha1.TeleportSpec, to *supervisor.Teleport) *problem {
	var p *problem
	if ref := from.IdentitySecretRef; ref != nil {
		to.IdentityRef = "file/" + ref.Name + "/" + strings.Join(from.IdentityKeys(), ",")
		if to.Identity.File, p = s.value(ctx, ref.Name, from.IdentityKeys()...); p != nil {
			return p
		}
	}
	if ref := from.TLSSecretRef; ref != nil {
		to.IdentityRef = "tls/" + ref.Name + "/" + strings.Join(slices.Concat(ref.CertKeys(), ref.PrivateKeyKeys(), ref.CAKeys()), ",")
		if to.Identity.Cert, p = s.value(ctx, ref.Name, ref.CertKeys()...); p != nil {
			return p
		}
		if to.Identity.Key, p = s.value(ctx, ref.Name, ref.PrivateKeyKeys()...); p != nil {
			return p
		}
		if to.Identity.CAs, p = s.value(ctx, ref.Name, ref.CAKeys()...); p != nil {
			return p
		}
	}
	if ref := from.CASecretRef; ref != nil {
		to.CARef = ref.Name + "/" + from.CAKey()
		if to.Identity.PrivateCA, p = s.value(ctx, ref.Name, from.CAKey()); p != nil {
			return p
		}
	}
	return nil
}

// value returns the value of the first of the keys that the Secret has.
func (s *secretReader) value(ctx context.Context, name string, keys ...string) ([]byte, *problem) {
	secret := &corev1.Secret{}
	err := s.reader.Get(ctx, types.NamespacedName{Namespace: s.namespace, Name: name}, secret)
	switch {
	case apierrors.IsNotFound(err):
		return nil, &problem{
			reason:  v1alpha1.ReasonSecretNotFound,
			message: fmt.Sprintf("Secret %q does not exist in this namespace; create it, or wait for the tool that does", name),
			waiting: true,
		}
	case apierrors.IsForbidden(err):
		return nil, &problem{
			reason:  v1alpha1.ReasonPermissionDenied,
			message: fmt.Sprintf("The operator may not read Secret %q; allow its ServiceAccount to get it", name),
		}
	case err != nil:
		if s.err == nil {
			s.err = fmt.Errorf("reading Secret %s: %w", name, err)
		}
		return nil, &problem{reason: v1alpha1.ReasonProgressing, message: "Secret cannot be read now", waiting: true}
	}
	for _, key := range keys {
		if value := secret.Data[key]; len(bytes.TrimSpace(value)) > 0 {
			return value, nil
		}
	}
	return nil, &problem{
		reason:  v1alpha1.ReasonSecretKeyMissing,
		message: fmt.Sprintf("Secret %q has no value under key %s; add it, or name the right key in the spec", name, quoted(keys)),
	}
}

func quoted(keys []string) string {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = fmt.Sprintf("%q", key)
	}
	return strings.Join(names, " or ")
}
