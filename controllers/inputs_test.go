package controllers

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// counter counts reads.
type counter struct {
	client.Reader
	reads int
}

// Get implements client.Reader.
func (c *counter) Get(ctx context.Context, key client.ObjectKey, into client.Object, options ...client.GetOption) error {
	c.reads++
	return c.Reader.Get(ctx, key, into, options...)
}

// Whoever asks for a reconcile has Secrets looked at without waiting for the
// interval to pass; nothing else has.
func TestPolledInputs(t *testing.T) {
	notifier := &v1alpha1.AccessNotifier{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "n", Generation: 1}}
	notifier.Spec.Teleport.IdentitySecretRef = &v1alpha1.SecretKeyReference{Name: "identity"}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ns", UID: "uid-of-ns"}}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "identity"},
		Data:       map[string][]byte{"identity": []byte("first")},
	}
	api := fake.NewClientBuilder().WithObjects(secret, namespace).Build()
	secrets := &counter{Reader: api}
	r := &AccessNotifierReconciler{Secrets: secrets, metadata: secrets, SecretPollInterval: time.Hour}

	look := func(asked, changed bool, reads int) inputs {
		t.Helper()
		before := secrets.reads
		in, err := r.inputs(t.Context(), r.memoryOf(notifier), notifier, asked)
		if err != nil {
			t.Fatal(err)
		}
		if in.changed != changed || secrets.reads-before != reads {
			t.Errorf("asked %t: changed is %t after %d reads, want %t after %d", asked, in.changed, secrets.reads-before, changed, reads)
		}
		return in
	}
	look(false, true, 3) // one of them is of the Namespace, which is read once
	look(false, false, 0)
	look(true, false, 1)

	secret.Data["identity"] = []byte("second")
	if err := api.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	look(false, false, 0)
	in := look(true, true, 2)
	if got := string(in.spec.Teleport.Identity.File); got != "second" {
		t.Errorf("the identity is %q", got)
	}
	if next := r.requeueAfter(in, supervisor.Snapshot{}, nil, in.checkedAt.Add(time.Minute)); next != 59*time.Minute {
		t.Errorf("the next look is after %v, want 59m", next)
	}
	notifier.Generation++
	look(false, true, 1) // this version of the Secret was read a moment ago
}
