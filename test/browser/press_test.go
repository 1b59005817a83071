package browser

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// reviewer and guest are two of the demo's pressers.
const (
	reviewer = "bob@example.com"
	guest    = "gwen@guests.example"
)

// TestButtonsArePressedByKeyboard in each chat that has any, on a phone and at a desk: a guest is
// refused, and a reviewer counts, who gives a reason where a form asks for one. Each of them is
// shown what only they are told, and the focus stays at the message.
func TestButtonsArePressedByKeyboard(t *testing.T) {
	for i, service := range []string{"slack", "discord", "mattermost"} {
		for theme, width := range map[string]int64{"light": 1400, "dark": 320} {
			t.Run(fmt.Sprintf("%s/%s/%d", service, theme, width), func(t *testing.T) {
				ctx := open(t, "/?theme="+theme+"#"+service, width, 900)
				p := pressing{reason: fmt.Sprintf("Decide at %d, %d", width, i), asks: service == "discord"}
				p.request(ctx, t)
				p.press(ctx, t, guest, "nothing")
				check(ctx, t, chromedp.CaptureScreenshot(), "guest")
				p.press(ctx, t, reviewer, "counted your approval as "+reviewer)
				await(ctx, t, p.message()+`?.textContent.includes("through")`)
				await(ctx, t, p.message()+`?.querySelector("[data-press]") === null`)
				check(ctx, t, chromedp.CaptureScreenshot(), "reviewer")
				if !do(ctx, t, chromedp.Evaluate[bool](p.message()+`.contains(document.activeElement)`)) {
					t.Error("the focus is lost")
				}
			})
		}
	}
}

// pressing is about one request.
type pressing struct {
	reason string
	// asks is true where a form asks for a reason.
	asks bool
}

// message finds the message about the request.
func (p pressing) message() string {
	return fmt.Sprintf(`[...document.querySelectorAll("#messages > .message")].find((m) => m.textContent.includes(%q))`, p.reason)
}

// request asks for access, and waits for the message with its buttons.
func (p pressing) request(ctx context.Context, t *testing.T) {
	t.Helper()
	do(ctx, t, chromedp.SetValue(chromedp.CSS("#new-request [name=reason]"), p.reason))
	press(ctx, t, "#new-request .primary")
	await(ctx, t, p.message()+`?.querySelector("[data-press=approve]") != null`)
}

// press presses the button that approves as one of the pressers, and waits until they are told something.
func (p pressing) press(ctx context.Context, t *testing.T, name, told string) {
	t.Helper()
	run(ctx, t, fmt.Sprintf(`{
		const picker = document.getElementById("presser");
		picker.value = %q;
		picker.dispatchEvent(new Event("change"));
	}`, name))
	run(ctx, t, p.message()+`.querySelector("[data-press=approve]").focus()`)
	do(ctx, t, chromedp.KeyEvent(kb.Enter))
	if p.asks {
		await(ctx, t, `document.activeElement.matches("dialog[open] textarea")`)
		check(ctx, t, chromedp.CaptureScreenshot(), "form")
		do(ctx, t, chromedp.KeyEvent("Seen."+kb.Tab+kb.Tab+kb.Enter))
		await(ctx, t, `document.querySelector("dialog") === null`)
	}
	await(ctx, t, fmt.Sprintf(`%s?.querySelector(".private")?.textContent.includes(%q)`, p.message(), told))
	if shown := do(ctx, t, chromedp.Evaluate[string](p.message()+`.querySelector(".private strong").textContent`)); !strings.Contains(shown, name) {
		t.Errorf("what %s is told is shown as %q", name, shown)
	}
}
