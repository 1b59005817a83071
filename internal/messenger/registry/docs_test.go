package registry_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/golden"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
)

// TestDocumentedCapabilities keeps the table for users what the Descriptors say.
func TestDocumentedCapabilities(t *testing.T) {
	golden.Section(t, filepath.Join("..", "..", "..", "docs", "messages.md"), "capabilities", capabilities(registry.All()))
}

// capabilities is the table of what each messenger can do.
func capabilities(all messenger.Registry) string {
	yesNo := func(can func(messenger.Capabilities) bool) func(messenger.Descriptor) string {
		return func(d messenger.Descriptor) string {
			if can(d.Capabilities) {
				return "yes"
			}
			return "no"
		}
	}
	var b strings.Builder
	row := func(name string, cell func(messenger.Descriptor) string) {
		b.WriteString("| " + name + " |")
		for _, d := range all {
			b.WriteString(" " + cell(d) + " |")
		}
		b.WriteString("\n")
	}
	row("", func(d messenger.Descriptor) string { return d.Title() })
	b.WriteString(strings.Repeat("|---", len(all)+1) + "|\n")
	row("edits its messages", yesNo(func(c messenger.Capabilities) bool { return c.Edit }))
	row("answers a message that it can no longer edit", yesNo(func(c messenger.Capabilities) bool { return c.Follow }))
	row("replies with each review in a thread", yesNo(func(c messenger.Capabilities) bool { return c.Threads }))
	row("finds people by e-mail address: suggested reviewers, requester", yesNo(func(c messenger.Capabilities) bool { return c.EmailLookup }))
	row("finds people by their id in a user trait: requester", yesNo(func(c messenger.Capabilities) bool { return c.UserLookup }))
	row("[lets reviewers decide](review.md)", yesNo(func(c messenger.Capabilities) bool { return c.Buttons }))
	row("mentions groups of people", yesNo(func(c messenger.Capabilities) bool { return c.Groups }))
	row("recognises a repeated post", yesNo(func(c messenger.Capabilities) bool { return c.Idempotency }))
	row("finds a post after a crash", yesNo(func(c messenger.Capabilities) bool { return c.History }))
	row("secrets", func(d messenger.Descriptor) string {
		all := strings.Join(d.Secrets, ", ")
		if len(d.Instead) > 0 {
			all += ", or " + strings.Join(d.Instead, " and ")
		}
		return all
	})
	row("address", func(d messenger.Descriptor) string {
		if d.DefaultURL == "" {
			return "of your server"
		}
		return "`" + d.DefaultURL + "`"
	})
	return b.String()
}
