package controllers

import (
	"context"
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/accessnotifier/accessnotifier/internal/accesslist/reminder"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// TestAccessListStore covers two AccessNotifiers of a namespace, two operators, an
// AccessNotifier that is made anew, and rights that are missing.
func TestAccessListStore(t *testing.T) {
	var refusal error
	// meanwhile is called before the next write.
	var meanwhile func()
	before := func() error {
		if meanwhile != nil {
			now := meanwhile
			meanwhile = nil
			now()
		}
		return refusal
	}
	c := fake.NewClientBuilder().WithInterceptorFuncs(interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.CreateOption) error {
			if err := before(); err != nil {
				return err
			}
			return c.Create(ctx, object, options...)
		},
		Update: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.UpdateOption) error {
			if err := before(); err != nil {
				return err
			}
			return c.Update(ctx, object, options...)
		},
	}).Build()
	r := &AccessNotifierReconciler{Client: c, Secrets: c}
	storeOf := func(name, uid string) *accessListStore {
		n := newObject()
		n.Namespace, n.Name, n.UID = "ns", name, types.UID(uid)
		return r.accessListStore(n)
	}
	swap := func(s *accessListStore, old, new string, want error) {
		t.Helper()
		if err := s.Swap(t.Context(), old, new); !errors.Is(err, want) {
			t.Errorf("replacing %q by %q: %v, want %v", old, new, err, want)
		}
	}
	a, b := storeOf("a", "1"), storeOf("b", "2")
	meanwhile = func() { swap(b, "", "b1", nil) }
	swap(a, "", "a1", accessrequest.ErrConflict) // it is there by now
	swap(a, "", "a1", nil)
	swap(a, "", "a2", accessrequest.ErrConflict) // it is another text
	meanwhile = func() { swap(b, "b1", "b2", nil) }
	swap(a, "a1", "a2", accessrequest.ErrConflict) // it was changed since it was read
	swap(storeOf("a", "3"), "a1", "a2", nil)

	kept := &corev1.ConfigMap{}
	if err := c.Get(t.Context(), a.configMap, kept); err != nil {
		t.Fatal(err)
	}
	owners := kept.OwnerReferences
	if len(kept.Data) != 2 || kept.Data["a"] != "a2" || kept.Data["b"] != "b2" || len(owners) != 2 || owners[0].UID != "2" || owners[1].UID != "3" {
		t.Errorf("the ConfigMap has %v of %v", kept.Data, owners)
	}

	refusal = apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, accessListsConfigMap, errors.New("no"))
	swap(a, "a2", "a3", reminder.ErrStoreDenied)
	if err := a.Swap(t.Context(), "a2", "a3"); !strings.Contains(err.Error(), "create, get and update the ConfigMap access-notifier-access-lists in namespace ns") {
		t.Errorf("the error is %v", err)
	}
	for _, refusal = range []error{apierrors.NewInvalid(schema.GroupKind{Kind: "ConfigMap"}, accessListsConfigMap, nil), apierrors.NewRequestEntityTooLargeError("no")} {
		if err := a.Swap(t.Context(), "a2", "a3"); !errors.Is(err, reminder.ErrStoreDenied) || !strings.Contains(err.Error(), "delete it") {
			t.Errorf("the error is %v", err)
		}
	}
	refusal = apierrors.NewServiceUnavailable("later")
	if err := a.Swap(t.Context(), "a2", "a3"); err == nil || errors.Is(err, accessrequest.ErrConflict) || errors.Is(err, reminder.ErrStoreDenied) {
		t.Errorf("the error is %v", err)
	}
	if text, err := a.Load(t.Context()); text != "a2" || err != nil {
		t.Errorf("the text is %q (%v)", text, err)
	}
}
