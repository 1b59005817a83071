package docs

import (
	"regexp"
	"strings"
	"testing"
)

// block is a fenced block of a page.
type block struct {
	// language is the first word after the fence, file the second: the name under which
	// later commands of the page find the block.
	language, file, text string
	line                 int
}

var fence = regexp.MustCompile("^( *)```(.*)$")

// blocksOf returns the fenced blocks of a page, without the indentation of their fences.
func blocksOf(t *testing.T, text string) (blocks []block) {
	t.Helper()
	var open *block
	indent := ""
	for i, line := range strings.Split(text, "\n") {
		found := fence.FindStringSubmatch(line)
		switch {
		case found == nil && open != nil:
			open.text += strings.TrimPrefix(line, indent) + "\n"
		case found == nil:
		case open == nil:
			indent = found[1]
			open = &block{line: i + 1}
			open.language, open.file, _ = strings.Cut(found[2], " ")
		default:
			blocks = append(blocks, *open)
			open = nil
		}
	}
	if open != nil {
		t.Fatalf("the block of line %d does not end", open.line)
	}
	return blocks
}

// command is a command of a console block, with what it is said to print.
type command struct{ script, output string }

var heredoc = regexp.MustCompile(`<<'?(\w+)'?`)

// commandsOf splits a console block. Each command stands after "$ ", and may go on: after
// a backslash, or up to the end of a here document.
func commandsOf(t *testing.T, b block) (commands []command) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(b.text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		script, ok := strings.CutPrefix(lines[i], "$ ")
		if !ok {
			if len(commands) == 0 {
				t.Fatalf("line %d: a console block begins with a command, after \"$ \"", b.line)
			}
			commands[len(commands)-1].output += lines[i] + "\n"
			continue
		}
		for strings.HasSuffix(script, "\\") && i+1 < len(lines) {
			i++
			script += "\n" + lines[i]
		}
		if end := heredoc.FindStringSubmatch(script); end != nil {
			for i+1 < len(lines) && lines[i] != end[1] {
				i++
				script += "\n" + lines[i]
			}
		}
		commands = append(commands, command{script: script})
	}
	return commands
}

// ofTheRun is what differs from run to run in what commands print.
var ofTheRun = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "TIME"},
	{regexp.MustCompile(`\bin \d+ minutes`), "in MINUTES"},
	{regexp.MustCompile(`\b\d+(s|m|h|d)(\d+s)?\b`), "AGE"},
	{regexp.MustCompile(`\b[0-9a-z]{26}\b`), "ID"},
	{regexp.MustCompile(`\b[TUCD]0\w{9}\b`), "ID"},
	{regexp.MustCompile(`\b\d{10}\.\d{6}\b`), "ID"},
	{regexp.MustCompile(`\b\d{17,19}\b`), "ID"},
	{regexp.MustCompile(`[ \t]+`), " "},
	{regexp.MustCompile(` ?\n ?`), "\n"},
}

// normal makes what two runs print comparable.
func normal(output string) string {
	for _, part := range ofTheRun {
		output = part.pattern.ReplaceAllString(output, part.name)
	}
	return strings.TrimSpace(output)
}

// prints reports whether a command printed what a page says. A line of three dots stands
// for any lines.
func prints(said, printed string) bool {
	var parts []string
	for part := range strings.SplitSeq("\n"+normal(said)+"\n", "\n...\n") {
		parts = append(parts, regexp.QuoteMeta(part))
	}
	return regexp.MustCompile(`(?s)^` + strings.Join(parts, `\n(.*\n)?`) + `$`).MatchString("\n" + normal(printed) + "\n")
}

func TestBlocksAreRead(t *testing.T) {
	page := "text\n\n1. A step:\n\n   ```console\n   $ a \\\n     b\n   one\n   $ c <<END\n   $ not a command\n   END\n   ```\n\n```yaml x.yaml\nk: v\n```\n"
	blocks := blocksOf(t, page)
	if len(blocks) != 2 || blocks[1] != (block{"yaml", "x.yaml", "k: v\n", 14}) {
		t.Fatalf("blocks are %v", blocks)
	}
	commands := commandsOf(t, blocks[0])
	if len(commands) != 2 || commands[0] != (command{"a \\\n  b", "one\n"}) || commands[1].script != "c <<END\n$ not a command\nEND" {
		t.Errorf("commands are %q", commands)
	}
	for said, want := range map[string]bool{
		"a 5m\nb 2026-01-02T03:04:05Z": true, "...\nb 2026-01-02T03:04:05Z": true, "a 1h\n...": true, "...": true,
		"a 5m": false, "...\nc": false, "a 5m\nb": false, "a x\n...": false,
	} {
		if got := prints(said, "a  7s\nb 2026-11-27T10:00:00Z\n"); got != want {
			t.Errorf("prints(%q) = %t", said, got)
		}
	}
}
