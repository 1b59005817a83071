package notifier_test

import (
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/routing/match"
	"github.com/accessnotifier/accessnotifier/internal/wording"
)

// TestOtherWordsEditAndPostNothing: a message in another language is the same message, also
// to an operator that starts later. It is worded anew when its request changes.
func TestOtherWordsEditAndPostNothing(t *testing.T) {
	for name, wrap := range map[string]func(finder) messenger.Messenger{
		"edits":    nil,
		"no edits": func(f finder) messenger.Messenger { return bare{f} },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.alone()
				w.wrap = wrap
				words := wording.New(wording.Spec{})
				w.describe = words.Describe
				router := routing.NewRuleRouter(w.rules)
				w.router = router
				first := w.start()
				settle()
				w.cluster.put(lasting("r1", pending), true)
				after(time.Second)
				words.Replace(wording.Spec{Locale: "ko", TimeZone: "Asia/Seoul", LinkTemplate: "https://portal.example.com/{id}"})
				router.LookAgain()
				after(time.Second)
				first.Resync()
				after(time.Hour / 2)
				first.stop()
				second := w.start()
				after(time.Minute)
				second.Resync()
				after(time.Minute)
				posts := w.chat.about("r1", "id-a")
				if len(posts) != 1 || len(posts[0].shown) != 1 || posts[0].last().Language == message.Korean {
					t.Fatalf("%d messages, the first with %d revisions, in %q", len(posts), len(posts[0].shown), posts[0].last().Language)
				}
				w.cluster.put(lasting("r1", pending, review("carol")), true)
				after(time.Minute)
				posts = w.chat.about("r1", "id-a")
				last := posts[len(posts)-1].last()
				if last.Language != message.Korean || last.URL != "https://portal.example.com/r1" || last.Reviews[0].Language != message.Korean {
					t.Errorf("after a review the message is in %q, with the link %s", last.Language, last.URL)
				}
				shown := 0
				for _, p := range posts {
					shown += len(p.shown)
				}
				if shown != 2 {
					t.Errorf("%d revisions of all messages, want one for each change of the request", shown)
				}
			})
		})
	}
}

// TestOtherWordsAreTriedAtOnce on the requests that there are, so that what they cannot tell is
// named before the next request comes.
func TestOtherWordsAreTriedAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		words := wording.New(wording.Spec{})
		w.describe = words.Describe
		router := routing.NewRuleRouter(w.rules)
		w.router = router
		w.start()
		settle()
		w.cluster.put(lasting("r1", pending), true)
		after(time.Second)
		words.Replace(wording.Spec{ExtraFields: []wording.ExtraField{{Label: "Ticket", Value: match.Text(`request.annotations["ticket"][0]`)}}})
		router.LookAgain()
		after(time.Second)
		if got := words.Status().LeftOut; len(got) != 1 {
			t.Errorf("left out is %q, want one field", got)
		}
	})
}
