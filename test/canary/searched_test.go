package canary

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/test/kit/canary"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// eachPlaceIsSearched plants a canary in each place, and wants it to be found there. Otherwise
// nothing that is found elsewhere would prove anything.
func (w *world) eachPlaceIsSearched(t *testing.T) {
	const planted = "planted"
	nest := &canary.Nest{}
	word := func(where string) string {
		made := canary.Word(planted + " " + where)
		if err := nest.Add(canary.Secret, where, made); err != nil {
			t.Fatal(err)
		}
		return made
	}
	wanted := w.plantObjects(word)
	for where, place := range plants {
		word(where)
		wanted[where] = place
	}
	log := &launch.WholeLog{}
	p, a := w.operate(planted, log, "--watch-namespaces=none")
	said := w.places(p, a, log)
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	for where, place := range wanted {
		found := nest.Found(said[place])
		if !contains(found, where) {
			t.Errorf("what is planted in %s is not found in %s, only %v", where, place, found)
		}
	}
	w.answersAreSearched(t, nest, word("answer"))
	w.wiresAreSearched(t)
}

// plantObjects stores objects with canaries, and returns in which place each is.
func (w *world) plantObjects(word func(string) string) map[string]string {
	event := &corev1.Event{
		ObjectMeta: meta("planted"), InvolvedObject: corev1.ObjectReference{Namespace: space, Name: "slack"},
		Reason: "Planted", Message: word("event"), Type: corev1.EventTypeNormal,
	}
	lease := &coordinationv1.Lease{ObjectMeta: meta("planted")}
	lease.Annotations = map[string]string{"planted": word("lease")}
	w.create(event)
	w.create(lease)
	w.create(&corev1.ConfigMap{ObjectMeta: meta("planted"), Data: map[string]string{"key": word("config map")}})

	n := w.notifier(w.chat(service.Slack), "planted", "none")
	n.Annotations = map[string]string{"planted": word("annotation")}
	w.create(n)
	n.Status.Conditions = nil
	n.Status.Teleport = &v1alpha1.TeleportStatus{ClusterName: word("status")}
	if err := w.plane.Client().Status().Update(w.Context(), n); err != nil {
		w.Fatal(err)
	}
	return map[string]string{
		"event": "EventList events.k8s.io/v1", "lease": "LeaseList coordination.k8s.io/v1", "config map": "ConfigMapList v1",
		"annotation": "AccessNotifierList accessnotifier.dev/v1alpha1", "status": "AccessNotifierList accessnotifier.dev/v1alpha1",
	}
}

// answersAreSearched wants canaries to be found in every part of an answer, as of the listener.
func (w *world) answersAreSearched(t *testing.T, nest *canary.Nest, word string) {
	for part, answer := range map[string]http.HandlerFunc{
		"header": func(rw http.ResponseWriter, _ *http.Request) { rw.Header().Set("X-Planted", word) },
		"body":   func(rw http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(rw, word) },
	} {
		server := httptest.NewServer(answer)
		if got := w.get(server.URL); !contains(nest.Found(got), "answer") {
			t.Errorf("what is planted in the %s of an answer is not found in %s", part, got)
		}
		server.Close()
	}
}

// wiresAreSearched sends canaries astray, and wants that to be found.
func (w *world) wiresAreSearched(t *testing.T) {
	slack, ok := w.chat(service.Slack).front.(*front)
	if !ok {
		t.Fatal("Slack has no front")
	}
	reason := canary.Word("first reason")
	for what, send := range map[string]struct {
		method, path, body string
		told               wire
		proxied            string
	}{
		"slack was sent: secret mattermost/token":                       {path: "/api/x", body: canary.Word("mattermost token")},
		"slack was sent: secret discord/token":                          {path: "/api/x?token=" + canary.Word("discord token")},
		"slack was sent, in a URL or header: text first reason":         {path: "/api/x?reason=" + reason},
		"Teleport was told by GetUser: secret mattermost/token":         {told: wire{"GetUser", canary.Word("mattermost token")}},
		"Teleport was told by GetAccessRequestsV2: text first reason":   {told: wire{"GetAccessRequestsV2", reason}},
		"Teleport was told by UpdatePluginData: secret slack/token":     {told: wire{"UpdatePluginData", canary.Word("slack token")}},
		"Teleport was told by SubmitAccessReview: secret discord/token": {told: wire{"SubmitAccessReview", canary.Word("discord token")}},
		"the proxy was told: text first reason":                         {proxied: reason},
	} {
		if send.path != "" {
			w.ask(http.MethodPost, slack.URL[:strings.LastIndex(slack.URL, ":")+6]+send.path, send.body)
		}
		if send.told.head != "" {
			w.told.hear(send.told.head, send.told.body)
		}
		_, _ = w.proxied.Write([]byte(send.proxied))
		if all := strings.Join(w.astray(), "\n"); !strings.Contains(all, what) {
			t.Errorf("%q is not found, only\n%s", what, all)
		}
	}
}

func contains(findings []canary.Finding, name string) bool {
	for _, finding := range findings {
		if finding.Name == name {
			return true
		}
	}
	return false
}
