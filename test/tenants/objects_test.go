package tenants

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// TestObjectsOfOthers: whatever a tenant writes into objects of their own is about these.
func TestObjectsOfOthers(t *testing.T) {
	try(t, map[string]attack{
		"a forged status":                     {do: forgedStatus},
		"owners and finalizers":               {do: ownersAndFinalizers},
		"a ConfigMap of ours":                 {do: configMapOfOurs},
		"objects that are as large as can be": {do: largeObjects},
		"many objects":                        {do: manyObjects},
	})
}

// forgedStatus: the operator's own words, with the victim's names in them, and an annotation without
// an end.
func forgedStatus(victim, attacker *tenant) {
	attacker.runs()
	own, err := attacker.get(attacker.name)
	if err != nil {
		attacker.t.Fatal(err)
	}
	forged := own.DeepCopy()
	forged.Status = v1alpha1.AccessNotifierStatus{
		ObservedGeneration: 99, LastHandledReconcileAt: "never", OpenRequests: new(int32(1 << 30)),
		UnresolvedRecipients: []v1alpha1.UnresolvedRecipient{{Recipient: victim.channel, Message: victim.namespace}},
	}
	if err := attacker.client.Status().Patch(attacker.t.Context(), forged, client.MergeFrom(own)); err != nil {
		attacker.t.Fatal(err)
	}
	patched := own.DeepCopy()
	patched.Annotations = map[string]string{v1alpha1.ReconcileRequestedAtAnnotation: strings.Repeat("x", 200<<10)}
	if err := attacker.client.Patch(attacker.t.Context(), patched, client.MergeFrom(own)); err != nil {
		attacker.t.Fatal(err)
	}
	wait.Test(attacker.t, within, "the status is the operator's again", func() error {
		found, err := attacker.get(attacker.name)
		if err == nil && (len(found.Status.UnresolvedRecipients) > 0 || found.Status.ObservedGeneration != found.Generation) {
			err = fmt.Errorf("it is %+v", found.Status)
		}
		return err
	})
	attacker.works()
}

// ownersAndFinalizers: an object that names the victim's as its owner, and one that is deleted and
// stays.
func ownersAndFinalizers(victim, attacker *tenant) {
	theirs, err := victim.get(victim.name)
	if err != nil {
		victim.t.Fatal(err)
	}
	attacker.putSecrets()
	made := attacker.notifier(attacker.name)
	controls := true
	made.Finalizers = []string{"attacker.example.com/never"}
	made.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.Kind, Name: theirs.Name, UID: theirs.UID, Controller: &controls,
	}}
	attacker.create(made)
	attacker.await(attacker.name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	if err := attacker.client.Delete(attacker.t.Context(), made); err != nil {
		attacker.t.Fatal(err)
	}
	wait.Test(attacker.t, within, "its session ends", wait.True(func() bool { return attacker.teleport.Streams() == 0 }))
}

// configMapOfOurs: where the operator keeps who was reminded there is garbage, of the victim's name.
func configMapOfOurs(victim, attacker *tenant) {
	victim.edit(func(n *v1alpha1.AccessNotifier) {
		n.Spec.AccessListReminders = &v1alpha1.AccessListReminders{Policy: v1alpha1.NotificationNotify}
	})
	forged, immutable := reminders(attacker.namespace), true
	forged.Data = map[string]string{victim.name: strings.Repeat("garbage", 100_000), attacker.name: `{"version":1,"lists":[{}]`}
	forged.Immutable = &immutable
	attacker.create(forged)
	attacker.runs()
	attacker.edit(func(n *v1alpha1.AccessNotifier) {
		n.Spec.AccessListReminders = &v1alpha1.AccessListReminders{Policy: v1alpha1.NotificationNotify}
	})
	attacker.announce()
	kept := &corev1.ConfigMap{}
	err := victim.client.Get(victim.t.Context(), client.ObjectKeyFromObject(reminders(victim.namespace)), kept)
	if client.IgnoreNotFound(err) != nil || strings.Contains(kept.Data[victim.name], "garbage") {
		victim.t.Errorf("the victim's ConfigMap is %v, %v", kept.Data, err)
	}
}

// edit changes the AccessNotifier of the tenant.
func (n *tenant) edit(change func(*v1alpha1.AccessNotifier)) {
	n.t.Helper()
	before, err := n.get(n.name)
	if err != nil {
		n.t.Fatal(err)
	}
	after := before.DeepCopy()
	change(after)
	if err := n.client.Patch(n.t.Context(), after, client.MergeFrom(before)); err != nil {
		n.t.Fatal(err)
	}
}

// largeObjects: one of more than the API server takes, and one of all that it does.
func largeObjects(_, attacker *tenant) {
	attacker.putSecrets()
	fill := func(routes int) *v1alpha1.AccessNotifier {
		made := attacker.notifier(fmt.Sprintf("large-%d", routes))
		for i := range routes {
			made.Spec.Routes = append(made.Spec.Routes, v1alpha1.Route{
				Name:       fmt.Sprintf("route-%d", i),
				Match:      &v1alpha1.RouteMatch{Condition: `request.reason == "` + strings.Repeat("x", 900) + `"`},
				Recipients: []v1alpha1.RouteRecipient{{Channel: v1alpha1.RecipientName(attacker.channel)}},
			})
		}
		return made
	}
	if err := attacker.client.Create(attacker.t.Context(), fill(1500)); err == nil {
		attacker.t.Error("an object of 1.5 MB is taken")
	}
	largest := 0
	for _, routes := range []int{100, 64, 50, 32, 20} {
		made := fill(routes)
		if err := attacker.client.Create(attacker.t.Context(), made); err != nil {
			continue
		}
		attacker.removeAfterwards(made)
		attacker.await(made.Name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
		largest = routes
		break
	}
	if largest == 0 {
		attacker.t.Error("no object of many routes is taken")
	}
}

// many is how many objects one tenant has here: as many as a test has time for.
const many = 60

// manyObjects: each has an address of its own at which nothing answers.
func manyObjects(victim, attacker *tenant) {
	attacker.putSecrets()
	for i := range many {
		made := attacker.notifier(fmt.Sprintf("many-%d", i))
		made.Spec.Teleport.Address = fmt.Sprintf("%s:%d", here, 1+i)
		attacker.create(made)
		if i == many/2 {
			victim.works()
		}
	}
	attacker.await(fmt.Sprintf("many-%d", many-1), v1alpha1.ConditionReady, metav1.ConditionFalse, "")
}
