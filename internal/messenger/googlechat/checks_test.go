package googlechat

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
)

var (
	// span is code in a text, and page the address of a plain one.
	span = regexp.MustCompile("`[^`\n]+`")
	page = regexp.MustCompile(`(?m)^<https://[^<>|\s]+>$`)
	// typedInCard is what people typed, in a card: text in italics, and links that show where
	// they lead.
	typedInCard = regexp.MustCompile(`(?s)<i>[^<>]*</i>|<a href="(https://[^"<>]*)">([^<>]*)</a>`)
	// outsideOfTyped is what may stand outside of both: our words, our emoji, times, bars, bullets and
	// separators.
	outsideOfTyped = regexp.MustCompile(`^[\pL\pN\pM ,'’、。：\-\n:·•│⏳✅❌⏫⌛❔❓🗑️]*$`)
)

// checkMessage checks every rendering of a message: that nothing that was typed is anywhere but in
// code, in italics and in links, and that a text and a card have what Google asks for.
func checkMessage(t *testing.T, m message.Message) {
	t.Helper()
	for _, plainly := range []bool{false, true} {
		m.Plain = plainly
		checkContent(t, render(m))
	}
	for _, r := range m.Reviews {
		checkContent(t, renderReply(r))
	}
}

func checkContent(t *testing.T, c content) {
	t.Helper()
	if ours := page.ReplaceAllString(span.ReplaceAllString(c.Text, ""), ""); !outsideOfTyped.MatchString(ours) {
		t.Errorf("%q is outside of code in the text %q", ours, c.Text)
	}
	if c.Text == "" || strings.Contains(page.ReplaceAllString(c.Text, ""), "<") {
		t.Errorf("the text %q", c.Text)
	}
	for _, each := range c.Cards {
		if each.Card.Header != nil {
			checkWords(t, each.Card.Header.Title)
		}
		for _, s := range each.Card.Sections {
			for _, w := range s.Widgets {
				checkWidget(t, w)
			}
		}
	}
}

// checkWords checks a text that is not read as markup.
func checkWords(t *testing.T, text string) {
	t.Helper()
	if text == "" || !outsideOfTyped.MatchString(text) {
		t.Errorf("a label or title is %q", text)
	}
}

func checkWidget(t *testing.T, w widget) {
	t.Helper()
	switch {
	case w.DecoratedText != nil:
		checkWords(t, w.DecoratedText.TopLabel)
		checkCardText(t, w.DecoratedText.Text)
	case w.TextParagraph != nil:
		checkCardText(t, w.TextParagraph.Text)
	default:
		for _, b := range w.ButtonList.Buttons {
			if url := b.OnClick.OpenLink.URL; !strings.HasPrefix(url, "https://") || strings.ContainsAny(url, breaking+" \n") {
				t.Errorf("the link %q", url)
			}
		}
	}
}

func checkCardText(t *testing.T, text string) {
	t.Helper()
	for _, match := range typedInCard.FindAllStringSubmatch(text, -1) {
		if match[1] != match[2] {
			t.Errorf("the link to %q is shown as %q", match[1], match[2])
		}
	}
	ours := typedInCard.ReplaceAllString(text, "")
	if !outsideOfTyped.MatchString(ours) && !strings.HasPrefix(text, "tsh ") && !strings.HasPrefix(text, "tctl ") {
		t.Errorf("%q is outside of what is typed in %q", ours, text)
	}
}

// checkPings posts to a simulated service, which says whom it would notify.
func checkPings(t *testing.T, m message.Message) {
	t.Helper()
	sim := messengertest.NewGoogleChat(messengertest.Options{})
	g := simulated(t, &http.Client{Transport: sim.Transport()})
	to := messenger.Address{ID: sim.AddChannel("ops")}
	ref, err := g.Post(t.Context(), to, m, "key")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range m.Reviews {
		if err := g.Reply(t.Context(), ref, r, ""); err != nil {
			t.Fatal(err)
		}
	}
	m.Plain = true
	if err := g.Update(t.Context(), ref, m); err != nil {
		t.Fatal(err)
	}
	for _, post := range sim.Posts() {
		if len(post.Mentions) > 0 {
			t.Errorf("%q mentions %q", post.History, post.Mentions)
		}
	}
}

func TestNobodyIsPinged(t *testing.T) {
	for name, m := range samples() {
		t.Run(name, func(t *testing.T) {
			checkMessage(t, m)
			checkPings(t, m)
		})
	}
}

func FuzzRendering(f *testing.F) {
	conformance.Fuzz(f, samples(), hostile, "<users/all></i>`", func(t *testing.T, m message.Message) {
		checkMessage(t, m)
		checkPings(t, m)
	})
}
