//go:build !host

package cli

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
)

// listWithin bounds a look into the cache, which waits until the cache is filled.
const listWithin = time.Second

// readiness returns which AccessNotifiers in the cache are ready. Suspended ones
// and those that were not reconciled yet are neither. It returns none while
// another operator leads, which names them then.
func readiness(ctx context.Context, cached client.Reader, elected <-chan struct{}) []metrics.Readiness {
	select {
	case <-elected:
	default:
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, listWithin)
	defer cancel()
	var notifiers v1alpha1.AccessNotifierList
	if err := cached.List(ctx, &notifiers, client.UnsafeDisableDeepCopy); err != nil {
		// There are no metrics of this kind for now, which says it.
		return nil
	}
	var found []metrics.Readiness
	for _, notifier := range notifiers.Items {
		ready := meta.FindStatusCondition(notifier.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || notifier.Spec.IsSuspended() {
			continue
		}
		found = append(found, metrics.Readiness{
			Namespace: notifier.Namespace,
			Name:      notifier.Name,
			Ready:     ready.Status == metav1.ConditionTrue,
		})
	}
	return found
}
