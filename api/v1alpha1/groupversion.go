package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Kind is the kind of an AccessNotifier.
const Kind = "AccessNotifier"

// ReconcileRequestedAtAnnotation asks for a reconciliation now rather than at
// the next change: set it to a new value, by convention the current time. The
// value last acted upon is shown in status.lastHandledReconcileAt.
const ReconcileRequestedAtAnnotation = "accessnotifier.dev/reconcile-requested-at"

var (
	// GroupVersion is the API group and version of this package.
	GroupVersion = schema.GroupVersion{Group: "accessnotifier.dev", Version: "v1alpha1"}

	schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme registers the types of this package with a scheme.
	AddToScheme = schemeBuilder.AddToScheme
)

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion, &AccessNotifier{}, &AccessNotifierList{})
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
