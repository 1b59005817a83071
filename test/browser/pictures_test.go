package browser

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

var (
	pictures = flag.String("pictures", "", "write the pictures of the documents into this `directory`")
	shots    = flag.String("shots", "", "write a picture of each page in each theme and width into this `directory`")
)

// readable is how wide a picture may be for its text to be read beside that of a README.
const readable = 900

// TestPictures takes the pictures of the documents: of a request that one of two reviewers
// has approved, in Slack. They can be read where they stand, and no message is cut.
func TestPictures(t *testing.T) {
	ctx := open(t, "/", readable, 900)
	first := do(ctx, t, chromedp.Evaluate[string](`document.querySelector("#requests > li:last-child").dataset.id`))
	run(ctx, t, `document.getElementById("presser").value = "alice@example.com"`)
	press(ctx, t, "#messages [data-press=approve]")
	for _, picture := range []struct {
		name, path, element string
		width               int64
		services            []string // the columns, all if empty
	}{
		{"demo", "/", "#chat", readable, nil},
		{"side-by-side", "/side-by-side", "#columns", 700, []string{"slack", "discord", "mattermost"}},
		{"side-by-side-more", "/side-by-side", "#columns", 700, []string{"googlechat", "teams", "email"}},
	} {
		for suffix, theme := range map[string]string{"": "light", "-dark": "dark"} {
			name := picture.name + suffix
			// A tab is closed before the next is opened: a browser has six connections for a host.
			t.Run(name, func(t *testing.T) {
				ctx := open(t, picture.path+"?theme="+theme+"&request="+first, picture.width, 900)
				await(ctx, t, `document.body.textContent.includes("1 of 2 approvals")`)
				only(ctx, t, picture.services)
				whole(ctx, t, picture.element)
				write(t, *pictures, name, do(ctx, t, chromedp.Screenshot(chromedp.CSS(picture.element))))
			})
		}
	}
}

// only shows the columns of these services, or of all if none is given.
func only(ctx context.Context, t *testing.T, services []string) {
	t.Helper()
	if len(services) == 0 {
		return
	}
	for _, service := range services {
		await(ctx, t, fmt.Sprintf(`document.querySelector("[data-service=%s] .message") !== null`, service))
	}
	rule := "#columns > :not([data-service=" + strings.Join(services, "], [data-service=") + "]) { display: none }"
	run(ctx, t, fmt.Sprintf("document.styleSheets[0].insertRule(%q)", rule))
}

// whole lets an element have the height of its messages, and fails if one is cut.
func whole(ctx context.Context, t *testing.T, element string) {
	t.Helper()
	run(ctx, t, `document.querySelector(".messages")?.style.setProperty("max-height", "none")`)
	cut := do(ctx, t, chromedp.Evaluate[int](fmt.Sprintf(`[...document.querySelectorAll("%s .message")].filter((m) => {
		const list = m.parentElement.getBoundingClientRect(), at = m.getBoundingClientRect();
		return at.height > 0 && (at.top < list.top || at.bottom > list.bottom);
	}).length`, element)))
	if cut > 0 {
		t.Errorf("%d messages are cut", cut)
	}
}

// write writes a picture, unless no directory is given.
func write(t *testing.T, directory, name string, picture []byte) {
	t.Helper()
	if directory == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(directory, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}
