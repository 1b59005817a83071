package controllers

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/accesslist/reminder"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// +kubebuilder:rbac:groups="",resources=configmaps,verbs=create
// +kubebuilder:rbac:groups="",resources=configmaps,resourceNames=access-notifier-access-lists,verbs=get;update

// accessListsConfigMap is the ConfigMap of each namespace that says when owners of access lists
// were reminded. Its name is fixed, so that a role can name it.
const accessListsConfigMap = "access-notifier-access-lists"

// accessLists says whether owners of access lists are reminded, nil if they are not.
func accessLists(notifier *v1alpha1.AccessNotifier) *supervisor.AccessLists {
	if !notifier.Spec.RemindAccessListOwners() {
		return nil
	}
	return &supervisor.AccessLists{Owner: string(notifier.UID)}
}

// accessListStore returns where it is kept when owners were reminded for an object.
func (r *AccessNotifierReconciler) accessListStore(notifier *v1alpha1.AccessNotifier) *accessListStore {
	return &accessListStore{
		reader: r.Secrets, writer: r.Client,
		configMap: types.NamespacedName{Namespace: notifier.Namespace, Name: accessListsConfigMap},
		owner: metav1.OwnerReference{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.Kind, Name: notifier.Name, UID: notifier.UID,
		},
	}
}

// accessListStore keeps the text of one AccessNotifier in a ConfigMap, under the name of the
// AccessNotifier. The ConfigMap goes with the last AccessNotifier that has used it.
type accessListStore struct {
	reader    client.Reader
	writer    client.Writer
	configMap types.NamespacedName
	owner     metav1.OwnerReference
}

// Load implements reminder.Store.
func (s *accessListStore) Load(ctx context.Context) (string, error) {
	found, err := s.get(ctx)
	if err != nil {
		return "", err
	}
	return found.Data[s.owner.Name], nil
}

// Swap implements reminder.Store.
func (s *accessListStore) Swap(ctx context.Context, old, new string) error {
	found, err := s.get(ctx)
	if err != nil {
		return err
	}
	if found.Data[s.owner.Name] != old {
		return fmt.Errorf("ConfigMap %s: %w", s.configMap.Name, accessrequest.ErrConflict)
	}
	if found.Data == nil {
		found.Data = map[string]string{}
	}
	found.Data[s.owner.Name] = new
	found.OwnerReferences = slices.DeleteFunc(found.OwnerReferences, func(o metav1.OwnerReference) bool {
		return o.Kind == s.owner.Kind && o.Name == s.owner.Name
	})
	found.OwnerReferences = append(found.OwnerReferences, s.owner)
	if found.ResourceVersion == "" {
		return s.explain(s.writer.Create(ctx, found))
	}
	return s.explain(s.writer.Update(ctx, found))
}

// get reads the ConfigMap. One that does not exist is empty.
func (s *accessListStore) get(ctx context.Context) (*corev1.ConfigMap, error) {
	found := &corev1.ConfigMap{}
	err := s.reader.Get(ctx, s.configMap, found)
	if apierrors.IsNotFound(err) {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: s.configMap.Namespace, Name: s.configMap.Name}}, nil
	}
	return found, s.explain(err)
}

// explain says which failures the reminders can act on.
func (s *accessListStore) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case apierrors.IsForbidden(err):
		return fmt.Errorf("%w: allow the ServiceAccount of the operator to create, get and update the ConfigMap %s in namespace %s",
			reminder.ErrStoreDenied, s.configMap.Name, s.configMap.Namespace)
	case apierrors.IsInvalid(err), apierrors.IsRequestEntityTooLargeError(err):
		return fmt.Errorf("%w: the ConfigMap %s in namespace %s is immutable, or full: delete it, and owners are reminded once more",
			reminder.ErrStoreDenied, s.configMap.Name, s.configMap.Namespace)
	case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err), apierrors.IsNotFound(err):
		return fmt.Errorf("ConfigMap %s: %w", s.configMap.Name, accessrequest.ErrConflict)
	default:
		return fmt.Errorf("ConfigMap %s: %w", s.configMap.Name, err)
	}
}
