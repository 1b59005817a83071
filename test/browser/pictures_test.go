package browser

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
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
	}{
		{"demo", "/", "#chat", readable},
		{"side-by-side", "/side-by-side", "#columns", 700},
	} {
		for suffix, theme := range map[string]string{"": "light", "-dark": "dark"} {
			ctx := open(t, picture.path+"?theme="+theme+"&request="+first, picture.width, 900)
			await(ctx, t, `document.body.textContent.includes("1 of 2 approvals")`)
			run(ctx, t, `document.querySelector(".messages")?.style.setProperty("max-height", "none")`)
			cut := do(ctx, t, chromedp.Evaluate[int](fmt.Sprintf(`[...document.querySelectorAll("%s .message")].filter((m) => {
				const list = m.parentElement.getBoundingClientRect(), at = m.getBoundingClientRect();
				return at.top < list.top || at.bottom > list.bottom;
			}).length`, picture.element)))
			if cut > 0 {
				t.Errorf("%s: %d messages are cut", picture.name, cut)
			}
			shot := do(ctx, t, chromedp.Screenshot(chromedp.CSS(picture.element)))
			write(t, *pictures, picture.name+suffix, shot)
		}
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
