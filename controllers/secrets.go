package controllers

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// problem is a Secret that cannot be used.
type problem struct {
	reason, message string
	// waiting is true for what may well appear by itself.
	waiting bool
}

// problems are what is wrong with the Secrets that one condition is about.
type problems []problem

// denied reports whether the operator may not read one of them.
func (all problems) denied() bool {
	return slices.ContainsFunc(all, func(p problem) bool { return p.reason == v1alpha1.ReasonPermissionDenied })
}

// secretReader reads values out of Secrets. It reads each Secret once, so that
// values of one Secret belong together also while it is being replaced. It keeps
// the first error of the API server in err; what cannot be used of a Secret is
// among problems instead.
type secretReader struct {
	reader    client.Reader
	namespace string
	answers   map[string]secretAnswer
	problems  problems
	err       error
}

// secretAnswer is what the API server said of one Secret.
type secretAnswer struct {
	data    map[string][]byte
	problem *problem
}

func newSecretReader(reader client.Reader, namespace string) *secretReader {
	return &secretReader{reader: reader, namespace: namespace, answers: map[string]secretAnswer{}}
}

// identity reads the identity and the private CA of the Teleport block, and tells all that
// is wrong with them.
func (s *secretReader) identity(ctx context.Context, from *v1alpha1.TeleportSpec, to *supervisor.Teleport) problems {
	s.problems = nil
	if ref := from.IdentitySecretRef; ref != nil {
		to.IdentityRef = "file/" + string(ref.Name) + "/" + strings.Join(from.IdentityKeys(), ",")
		to.Identity.File = s.value(ctx, ref.Name, from.IdentityKeys()...)
	}
	if ref := from.TLSSecretRef; ref != nil {
		to.IdentityRef = "tls/" + string(ref.Name)
		to.Identity.Cert = s.fixed(ctx, ref.Name, ref.CertKeys())
		to.Identity.Key = s.fixed(ctx, ref.Name, ref.PrivateKeyKeys())
		to.Identity.CAs = s.fixed(ctx, ref.Name, ref.CAKeys())
	}
	if ref := from.CASecretRef; ref != nil {
		to.CARef = string(ref.Name) + "/" + from.CAKey()
		to.Identity.PrivateCA = s.value(ctx, ref.Name, from.CAKey())
	}
	return s.problems
}

// messenger reads what the bot is let in with, and tells all that is wrong with it.
func (s *secretReader) messenger(ctx context.Context, from *v1alpha1.MessengerSpec) (map[string]string, problems) {
	s.problems = nil
	refs, found := from.SecretRefs(), map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		found[name] = strings.TrimSpace(string(s.value(ctx, refs[name].Name, string(refs[name].Key))))
		if name == v1alpha1.DefaultCAKey && found[name] != "" && supervisor.CheckCA(found[name]) != nil {
			s.note(problem{
				reason: v1alpha1.ReasonSecretKeyMissing,
				message: fmt.Sprintf("Secret %q holds no certificates in PEM form under key %q, or something else besides; "+
					"put those of the chat server's authorities there", refs[name].Name, refs[name].Key),
			})
		}
	}
	if len(s.problems) > 0 {
		return nil, s.problems
	}
	return found, nil
}

// secretsFrom says where the bot's secrets are.
func secretsFrom(messenger *v1alpha1.MessengerSpec) string {
	refs := messenger.SecretRefs()
	var places []string
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		places = append(places, fmt.Sprintf("key %q of Secret %q", refs[name].Key, refs[name].Name))
	}
	return strings.Join(places, " and ")
}

// value returns the value of the first of the keys that the Secret has. The spec may
// name another key.
func (s *secretReader) value(ctx context.Context, name v1alpha1.SecretName, keys ...string) []byte {
	return s.find(ctx, name, keys, "add it, or name the right key in the spec")
}

// fixed returns the value of the first of the keys that the Secret has.
func (s *secretReader) fixed(ctx context.Context, name v1alpha1.SecretName, keys []string) []byte {
	return s.find(ctx, name, keys, "add it")
}

func (s *secretReader) find(ctx context.Context, name v1alpha1.SecretName, keys []string, advice string) []byte {
	answer := s.read(ctx, string(name))
	if answer.problem != nil {
		s.note(*answer.problem)
		return nil
	}
	for _, key := range keys {
		if value := answer.data[key]; len(bytes.TrimSpace(value)) > 0 {
			return value
		}
	}
	s.note(problem{
		reason:  v1alpha1.ReasonSecretKeyMissing,
		message: fmt.Sprintf("Secret %q has no value under key %s; %s", name, quoted(keys), advice),
	})
	return nil
}

// note adds a problem. Several values may be missing for the same reason.
func (s *secretReader) note(p problem) {
	if !slices.Contains(s.problems, p) {
		s.problems = append(s.problems, p)
	}
}

// read returns the Secret, which it asks for once.
func (s *secretReader) read(ctx context.Context, name string) secretAnswer {
	answer, ok := s.answers[name]
	if !ok {
		answer = s.get(ctx, name)
		s.answers[name] = answer
	}
	return answer
}

func (s *secretReader) get(ctx context.Context, name string) secretAnswer {
	secret := &corev1.Secret{}
	err := s.reader.Get(ctx, types.NamespacedName{Namespace: s.namespace, Name: name}, secret)
	switch {
	case apierrors.IsNotFound(err):
		return secretAnswer{problem: &problem{
			reason:  v1alpha1.ReasonSecretNotFound,
			message: fmt.Sprintf("Secret %q does not exist in this namespace; create it, or wait for the tool that does", name),
			waiting: true,
		}}
	case apierrors.IsForbidden(err):
		return secretAnswer{problem: &problem{
			reason:  v1alpha1.ReasonPermissionDenied,
			message: fmt.Sprintf("The operator may not read Secret %q; allow its ServiceAccount to get it", name),
		}}
	case err != nil:
		if s.err == nil {
			s.err = fmt.Errorf("reading Secret %s: %w", name, err)
		}
		return secretAnswer{problem: &problem{reason: v1alpha1.ReasonProgressing, message: "Secret cannot be read now", waiting: true}}
	default:
		return secretAnswer{data: secret.Data}
	}
}

func quoted(keys []string) string {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = fmt.Sprintf("%q", key)
	}
	return strings.Join(names, " or ")
}
