package message

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// maxCommands is how many commands are shown; ours are two.
	maxCommands = 2
	// maxCommand bounds a command, which cannot be cut: a longer one is left out.
	maxCommand = 150
)

// commands are what a reviewer types where there is no page to review on. A
// cluster without reviews refuses "tsh request review": there, whoever may change
// requests decides with tctl.
func commands(c accessrequest.Cluster, id string) []string {
	if !plainID(id) {
		return nil
	}
	if !c.WebReviews {
		return []string{
			"tctl request approve " + id,
			"tctl request deny " + id,
		}
	}
	return []string{
		"tsh request review --approve " + id,
		"tsh request review --deny " + id,
	}
}

// plainID is true for an id that means the same in a shell and in a URL as it
// does to a reader. Teleport's ids are UUIDs; what looks different is not
// something to hand to a reviewer's shell.
func plainID(id string) bool {
	return id != "" && len(id) <= 64 && id[0] != '-' && isAlphanumericOr(id, "-")
}

// commandLines formats commands as code, each on a line of its own. The function
// escapes a command where a service needs that, and returns nothing for one that
// cannot be shown as it is within code. Such a command is left out; ours never
// is.
func commandLines(commands []string, escape func(string) string) string {
	var lines []string
	for _, command := range commands[:min(len(commands), maxCommands)] {
		if code := escape(CleanLine(command)); code != "" && CountUTF16(code) <= maxCommand {
			lines = append(lines, "`"+code+"`")
		}
	}
	return strings.Join(lines, "\n")
}
