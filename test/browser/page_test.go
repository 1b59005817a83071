package browser

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// each calls f with every page in every theme, at the widths of a phone, a tablet and a
// desk.
func each(t *testing.T, f func(ctx context.Context, t *testing.T)) {
	t.Helper()
	for _, page := range []string{"/", "/side-by-side"} {
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{320, 768, 1400} {
				t.Run(fmt.Sprintf("%s/%s/%d", strings.Trim(page, "/"), theme, width), func(t *testing.T) {
					f(open(t, page+"?theme="+theme, width, 900), t)
				})
			}
		}
	}
}

// violation is what axe complains of.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// TestAxeFindsNothing, whatever is unfolded, and nothing is wider than the window.
func TestAxeFindsNothing(t *testing.T) {
	each(t, func(ctx context.Context, t *testing.T) {
		run(ctx, t, `document.querySelectorAll("details").forEach((d) => { d.open = true; })`)
		check(ctx, t, chromedp.FullScreenshot(100))
	})
}

// check fails for what axe complains of, and for what is wider than the window, and takes a
// picture.
func check(ctx context.Context, t *testing.T, shot chromedp.Action[[]byte], moment ...string) {
	t.Helper()
	axe, err := os.ReadFile(os.Getenv("AXE"))
	if err != nil {
		t.Fatal(err)
	}
	run(ctx, t, string(axe))
	found := do(ctx, t, chromedp.Evaluate[[]violation](`axe.run(document).then((result) => result.violations)`, chromedp.EvalAwaitPromise))
	for _, v := range found {
		for _, node := range v.Nodes {
			t.Errorf("%s: %s: %s\n%s", v.ID, v.Help, node.HTML, node.Summary)
		}
	}
	if wide := do(ctx, t, chromedp.Evaluate[int](`document.documentElement.scrollWidth - innerWidth`)); wide > 0 {
		t.Errorf("the page is %d pixels wider than the window", wide)
	}
	if *shots != "" {
		name := strings.ReplaceAll(strings.Join(append([]string{t.Name()}, moment...), "/"), "/", "-")
		write(t, *shots, name, do(ctx, t, shot))
	}
}

// TestTheFirstPresetIsSeen in every service that hears of a request at once, which PagerDuty does
// not, in the place that is open at first and from any other.
func TestTheFirstPresetIsSeen(t *testing.T) {
	for _, service := range []string{"slack", "discord", "email", "googlechat", "mattermost", "teams", "teamsworkflow", "webhook"} {
		t.Run(service, func(t *testing.T) {
			ctx := open(t, "/#"+service, 1400, 900)
			for i, from := range []string{"#places [aria-current]", "#places ul:last-child li:last-child button"} {
				reason := fmt.Sprintf("Seen in %s, %d", service, i)
				press(ctx, t, from)
				do(ctx, t, chromedp.SetValue(chromedp.CSS("#new-request [name=reason]"), reason))
				press(ctx, t, "#new-request .primary")
				await(ctx, t, fmt.Sprintf(`[...document.querySelectorAll(".message")].some((m) => m.textContent.includes(%q))`, reason))
			}
		})
	}
}

// TestEveryPlaceCanBeOpened on a phone.
func TestEveryPlaceCanBeOpened(t *testing.T) {
	ctx := open(t, "/", 320, 600)
	seen := map[string]bool{}
	for service := range do(ctx, t, chromedp.Evaluate[int](`document.querySelectorAll("#rail button").length`)) {
		press(ctx, t, fmt.Sprintf("#rail button:nth-child(%d)", service+1))
		for place := range do(ctx, t, chromedp.Evaluate[int](`document.querySelectorAll("#places button").length`)) {
			chosen := do(ctx, t, chromedp.Evaluate[string](fmt.Sprintf(`document.querySelectorAll("#places button .name")[%d].textContent`, place)))
			do(ctx, t, chromedp.Evaluate[bool](fmt.Sprintf(`(document.querySelectorAll("#places button")[%d].click(), true)`, place)))
			if shown := do(ctx, t, chromedp.Text(chromedp.CSS("#room-name"))); !strings.HasSuffix(shown, chosen) {
				t.Errorf("%q opens %q", chosen, shown)
			}
			seen[do(ctx, t, chromedp.Evaluate[string](`location.hash`))+chosen] = true
		}
	}
	if len(seen) < 15 {
		t.Errorf("only %d places can be opened: %v", len(seen), seen)
	}
}
