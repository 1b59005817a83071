package controllers

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// An object that was stored before a field was refused keeps it until an edit. To run
// it without the field would notify other recipients than it says.
func TestAnObjectWithAFormerFieldDoesNotRunAndSaysWhy(t *testing.T) {
	notifier := newObject()
	secret := func(name, key string) client.Object {
		return &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: notifier.Namespace, Name: name},
			Data:       map[string][]byte{key: []byte("a value")},
		}
	}
	reader := readerOf(func(client.ObjectKey, client.Object) error { return nil },
		secret("access-notifier-identity", "identity"), secret("slack-bot", "token"))
	r := &AccessNotifierReconciler{Secrets: reader, metadata: reader, Supervisor: supervisor.New(supervisor.Options{})}
	reconcile := func() (running bool) {
		t.Helper()
		if _, err := r.reconcile(t.Context(), r.memoryOf(notifier), notifier); err != nil {
			t.Fatal(err)
		}
		_, running = r.Supervisor.Snapshot(keyOf(notifier))
		return running
	}

	notifier.Spec.DeprecatedSuggestedReviewers = "Ignore"
	if reconcile() {
		t.Error("the object runs without what its former field says")
	}
	for _, conditionType := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionStalled} {
		c := meta.FindStatusCondition(notifier.Status.Conditions, conditionType)
		if c == nil || c.Reason != v1alpha1.ReasonInvalidSpec ||
			!strings.HasPrefix(c.Message, "spec.suggestedReviewers must be renamed to suggestedReviewersPolicy. The identity file cannot be read") {
			t.Errorf("%s is %+v", conditionType, c)
		}
	}

	notifier.Spec.DeprecatedSuggestedReviewers = ""
	notifier.Generation++
	if !reconcile() {
		t.Error("the object does not run once it is mended")
	}
	if c := meta.FindStatusCondition(notifier.Status.Conditions, v1alpha1.ConditionReady); c.Reason == v1alpha1.ReasonInvalidSpec {
		t.Errorf("then it still says: %s", c.Message)
	}
}
