package notifier_test

import (
	"slices"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// forNode is a request for a resource whose name is an id.
func forNode(id string, state accessrequest.State, reviews ...accessrequest.Review) accessrequest.Request {
	r := request(id, state, reviews...)
	r.Resources = []accessrequest.Resource{{Cluster: "prod", Kind: "node", Name: "6c62"}}
	return r
}

// calls returns what a message calls the resources of its request.
func calls(p *post) string {
	for _, field := range p.last().Fields {
		if field.Label == "Resources" {
			return field.Items[0].Text
		}
	}
	return ""
}

// TestASlowNameDelaysNothing covers names of resources that come late: the first message does
// not wait for long, and gets the name later.
func TestASlowNameDelaysNothing(t *testing.T) {
	const id = "/prod/node/6c62"
	forEachKind(t, func(t *testing.T, w *world) {
		w.cluster.known = make(chan struct{})
		w.start()
		settle()
		w.cluster.put(forNode("r1", pending), true)
		after(time.Second)
		w.expect("r1", pending, allAddresses...)
		if got := calls(w.chat.about("r1", "id-a")[0]); got != id {
			t.Errorf("the first message calls it %q, want %q", got, id)
		}
		close(w.cluster.known)
		w.cluster.tell(func(s accessrequest.Subscriber) { s.Changed("r1") })
		settle()
		if got := calls(w.chat.about("r1", "id-a")[0]); got != title {
			t.Errorf("the message calls it %q, want %q", got, title)
		}
		w.expect("r1", pending, allAddresses...)
	})
}

// TestANameIsKept covers another operator that does not know what resources are called: it
// edits no message because of that, and says it all the same when the request is over.
func TestANameIsKept(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		w.cluster.known = make(chan struct{})
		close(w.cluster.known)
		first := w.start()
		settle()
		w.cluster.put(forNode("r1", pending), true)
		settle()
		first.stop()
		edits := w.chat.count("update", "")
		w.cluster.known = make(chan struct{}) // slow
		second := w.start()
		after(time.Minute)
		w.cluster.known = nil // not allowed
		w.cluster.tell(func(s accessrequest.Subscriber) { s.Changed("r1") })
		after(time.Minute)
		if got := w.chat.count("update", ""); got != edits {
			t.Errorf("%d edits because a name is not known", got-edits)
		}
		second.stop()
		w.cluster.remove("r1", true)
		w.start()
		after(time.Hour)
		shown := w.chat.about("r1", "id-a")[0].last()
		titled := slices.ContainsFunc(shown.Fields, func(f message.Field) bool { return len(f.Items) > 0 && f.Items[0].Text == title })
		if shown.State == pending || !titled {
			t.Errorf("the request is over, and the message shows %+v", shown)
		}
	})
}
