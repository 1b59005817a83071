package canary

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/test/kit/launch"
)

// profiles are the pages of an operator for debugging.
var profiles = []string{
	"goroutine?debug=1", "goroutine?debug=2", "heap?debug=1", "allocs?debug=1", "threadcreate?debug=1", "block?debug=1", "mutex?debug=1", "cmdline", "",
}

// kinds are the objects that an operator writes, or could.
var kinds = []schema.GroupVersionKind{
	{Group: "accessnotifier.dev", Version: "v1alpha1", Kind: "AccessNotifierList"},
	{Group: "events.k8s.io", Version: "v1", Kind: "EventList"},
	{Version: "v1", Kind: "EventList"},
	{Version: "v1", Kind: "ConfigMapList"},
	{Version: "v1", Kind: "NamespaceList"},
	{Group: "coordination.k8s.io", Version: "v1", Kind: "LeaseList"},
}

// places are all that an operator says, by where.
func (w *world) places(p *launch.Process, a addresses, log *launch.WholeLog) map[string]string {
	w.Helper()
	said := map[string]string{
		"log":      log.String(),
		"metrics":  w.get("http://" + p.Metrics + "/metrics"),
		"health":   w.get("http://" + p.Health + "/healthz?verbose=1"),
		"ready":    w.get("http://" + p.Health + "/readyz?verbose=1"),
		"listener": w.listenerAnswers("http://" + a.review),
	}
	for _, profile := range profiles {
		said["profile "+profile] = w.get("http://" + a.profiles + "/debug/pprof/" + profile)
	}
	for _, kind := range kinds {
		said[kind.Kind+" "+kind.GroupVersion().String()] = w.objects(kind)
	}
	return said
}

// objects are all of a kind, with everything that is stored of them.
func (w *world) objects(kind schema.GroupVersionKind) string {
	w.Helper()
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(kind)
	if err := w.plane.Client().List(w.Context(), list, client.InNamespace("")); err != nil {
		w.Fatal(err)
	}
	encoded, err := json.Marshal(list)
	if err != nil {
		w.Fatal(err)
	}
	return string(encoded)
}

// listenerAnswers are the answers of the listener for clicks to calls that bear a secret of a service
// in their body, and no signature.
func (w *world) listenerAnswers(address string) string {
	w.Helper()
	var all strings.Builder
	for _, c := range w.chats {
		for key, secret := range c.secrets {
			body := fmt.Sprintf(`{"type":1,"token":%q,"key":%q}`, secret, key)
			for _, path := range []string{"/" + space + "/" + c.service.Name(), "/review/" + space + "/" + c.service.Name(), "/"} {
				all.WriteString(w.ask(http.MethodPost, address+path, body))
			}
		}
	}
	return all.String()
}

func (w *world) get(url string) string {
	w.Helper()
	return w.ask(http.MethodGet, url, "")
}

// ask calls a URL, and returns the whole answer.
func (w *world) ask(method, url, body string) string {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := httputil.DumpResponse(response, true)
	if err != nil {
		w.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	return string(answer)
}
