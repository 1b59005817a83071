// Package v1alpha1 is the API of Access Notifier: the AccessNotifier kind, the
// rules that the API server checks, the names of conditions and their reasons,
// and the defaults.
//
// Defaults are resolved by methods of the types, never written into a spec by
// the API server: what is stored is what people applied, and tools that compare
// the two find no difference. Every string, list and map is bounded, which keeps
// objects small and lets the rules run within the API server's budget.
//
// The package imports k8s.io/apimachinery and the standard library only, so that
// other programs can use these types at little cost.
//
// +kubebuilder:object:generate=true
// +groupName=accessnotifier.dev
package v1alpha1
