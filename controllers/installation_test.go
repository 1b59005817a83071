package controllers

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// readerOf returns a reader of a namespace "ns" that has the Secrets, in which
// change is called before each read.
func readerOf(change func(client.ObjectKey, client.Object) error, secrets ...client.Object) client.Reader {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ns", UID: "uid-of-ns"}}
	return fake.NewClientBuilder().WithObjects(append(secrets, namespace)...).WithInterceptorFuncs(interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, into client.Object, options ...client.GetOption) error {
			return errors.Join(change(key, into), c.Get(ctx, key, into, options...))
		},
	}).Build()
}

func isNamespace(object client.Object) bool {
	return object.GetObjectKind().GroupVersionKind().Kind == "Namespace"
}

// An operator that may not read namespaces works, and asks again: it may be
// allowed to later.
func TestTheInstallationIsTheUIDOfTheNamespace(t *testing.T) {
	notifier := newObject()
	notifier.Namespace, notifier.UID = "ns", "uid-of-object"
	var refusal error
	asked := 0
	reader := readerOf(func(_ client.ObjectKey, object client.Object) error {
		if !isNamespace(object) {
			return nil
		}
		asked++
		return refusal
	})
	r := &AccessNotifierReconciler{Secrets: reader, metadata: reader}
	installation := func() string {
		t.Helper()
		notifier.Generation++
		in, err := r.inputs(t.Context(), r.memoryOf(notifier), notifier, false)
		if err != nil {
			t.Fatal(err)
		}
		return in.spec.Installation
	}

	refusal = apierrors.NewForbidden(schema.GroupResource{Resource: "namespaces"}, "ns", errors.New("no"))
	if got := installation(); got != "" {
		t.Errorf("what may not be read is %q", got)
	}
	refusal = nil
	if got := installation(); got != "uid-of-ns" || asked != 2 {
		t.Errorf("once allowed it is %q after %d reads", got, asked)
	}
	refusal = errors.New("it must not be read again")
	if got := installation(); got != "uid-of-ns" || asked != 2 {
		t.Errorf("then it is %q after %d reads", got, asked)
	}
}

func TestANamespaceThatCannotBeReadNowIsReadAgain(t *testing.T) {
	notifier := newObject()
	notifier.Namespace, notifier.UID = "ns", "uid-of-object"
	reader := readerOf(func(_ client.ObjectKey, object client.Object) error {
		if isNamespace(object) {
			return apierrors.NewServiceUnavailable("later")
		}
		return nil
	})
	r := &AccessNotifierReconciler{Secrets: reader, metadata: reader}
	if in, err := r.inputs(t.Context(), r.memoryOf(notifier), notifier, false); err == nil {
		t.Errorf("an installation that is unknown for now runs as %q", in.spec.Installation)
	}
}

// A Secret that is being replaced gives the old values or the new ones.
func TestValuesOfOneSecretBelongTogether(t *testing.T) {
	notifier := newObject()
	notifier.Namespace, notifier.UID = "ns", "uid-of-object"
	notifier.Spec.Teleport.IdentitySecretRef = nil
	notifier.Spec.Teleport.TLSSecretRef = &v1alpha1.TLSSecretReference{Name: "all"}
	notifier.Spec.Teleport.CASecretRef = &v1alpha1.SecretKeyReference{Name: "all", Key: "web.crt"}
	notifier.Spec.Messenger.Slack.TokenSecretRef.Name = "all"

	version := "old"
	secret := func() *corev1.Secret {
		data := map[string][]byte{}
		for _, key := range []string{"tls.crt", "tls.key", "ca.crt", "web.crt", "token"} {
			data[key] = []byte(version)
		}
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "all"}, Data: data}
	}
	reads := 0
	api := fake.NewClientBuilder().WithObjects(secret()).Build()
	reader := readerOf(func(_ client.ObjectKey, object client.Object) error { return nil })
	r := &AccessNotifierReconciler{metadata: reader, Secrets: replacing{api, func() error {
		reads++
		version = "new"
		return api.Update(t.Context(), secret())
	}}}
	in, err := r.read(t.Context(), notifier, make([]string, len(notifier.Spec.SecretNames())))
	if err != nil {
		t.Fatal(err)
	}
	identity := in.spec.Teleport.Identity
	got := []string{string(identity.Cert), string(identity.Key), string(identity.CAs), string(identity.PrivateCA), in.spec.Messenger.Secrets["token"]}
	if diff := cmp.Diff([]string{"old", "old", "old", "old", "old"}, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if reads != 1 {
		t.Errorf("the Secret was read %d times", reads)
	}
}

// replacing is a reader after each read of which a Secret is replaced.
type replacing struct {
	client.Reader
	replace func() error
}

// Get implements client.Reader.
func (r replacing) Get(ctx context.Context, key client.ObjectKey, into client.Object, options ...client.GetOption) error {
	return errors.Join(r.Reader.Get(ctx, key, into, options...), r.replace())
}
