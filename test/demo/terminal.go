package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"
)

// boxWidth is the number of columns between a box's borders.
const boxWidth = 84

// style is a way to set off text on a terminal.
type style string

const (
	bold  style = "1"
	faint style = "2"
	red   style = "31"
	green style = "32"
	blue  style = "34"
)

// printer prints the demo's progress. It is safe for concurrent use.
type printer struct {
	mu     sync.Mutex
	w      io.Writer
	colour bool
}

// newPrinter uses colour on a terminal, unless NO_COLOR asks for none.
func newPrinter(file *os.File) *printer {
	info, err := file.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &printer{w: file, colour: terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func (p *printer) paint(s style, text string) string {
	if !p.colour {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

func (p *printer) printf(format string, a ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// There is no other place to say that the terminal is gone.
	_, _ = fmt.Fprintf(p.w, format, a...)
}

func (p *printer) title(name, about string) {
	p.printf("\n  %s  %s\n\n", p.paint(bold, name), p.paint(faint, about))
}

func (p *printer) line(text string) {
	p.printf("  %s\n", text)
}

// begin says on a terminal what is being done. The returned function replaces
// that by the result.
func (p *printer) begin(what, doing string) (done func(result string)) {
	start := time.Now()
	if p.colour {
		p.printf("  … %-16s%s", what, p.paint(faint, doing))
	}
	return func(result string) {
		if p.colour {
			p.printf("\r\x1b[K")
		}
		p.printf("  %s %-16s%s %s\n", p.paint(green, "✓"), what, result,
			p.paint(faint, fmt.Sprintf("(%.1f s)", time.Since(start).Seconds())))
	}
}

func (p *printer) check(text string) {
	p.printf("  %s %s\n", p.paint(green, "✓"), text)
}

func (p *printer) heading(text string) {
	p.printf("\n  %s\n", p.paint(bold, text))
}

func (p *printer) link(verb, url, purpose string) {
	p.printf("\n  %s %s %s\n", p.paint(bold, verb), p.paint(blue, url), purpose)
}

// failure says what went wrong.
func (p *printer) failure(err error) {
	p.printf("\n  %s %s\n", p.paint(red, "✗"), strings.ReplaceAll(err.Error(), "\n", "\n    "))
}

// box prints a text in a frame whose upper edge names where it is.
func (p *printer) box(place, note, text string) {
	var b strings.Builder
	head := place + "  " + note
	edge := max(boxWidth-columns(head)-3, 0)
	fmt.Fprintf(&b, "\n  ╭─ %s  %s %s╮\n", p.paint(bold, visible(place)), p.paint(faint, note), strings.Repeat("─", edge))
	for _, line := range wrap(visible(text), boxWidth-2) {
		fmt.Fprintf(&b, "  │ %s%s │\n", line, strings.Repeat(" ", boxWidth-2-columns(line)))
	}
	fmt.Fprintf(&b, "  ╰%s╯\n", strings.Repeat("─", boxWidth))
	p.printf("%s", b.String())
}

// brief prints in one line what box prints in many.
func (p *printer) brief(place, note, line string) {
	p.printf("  ─ %s  %s  %s\n", p.paint(bold, visible(place)), p.paint(faint, note), visible(line))
}

// aside prints one line that belongs to what is above.
func (p *printer) aside(text string) {
	p.printf("    %s\n", p.paint(faint, "↳ "+visible(text)))
}

// visible drops the characters by which a text could steer the terminal.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			return -1
		}
		return r
	}, text)
}

// wrap breaks a text into lines of at most width columns, between words where
// there is a space to break at.
func wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := ""
		for word := range strings.SplitSeq(paragraph, " ") {
			if line != "" && columns(line)+1+columns(word) > width {
				lines, line = append(lines, line), ""
			}
			if line != "" {
				line += " "
			}
			line += word
			for columns(line) > width {
				head, rest := splitColumns(line, width)
				lines, line = append(lines, head), rest
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// splitColumns splits a text after as many characters as fit, at least one.
func splitColumns(text string, width int) (head, rest string) {
	used := 0
	for i, r := range text {
		used += runeColumns(r)
		if used > width && i > 0 {
			return text[:i], text[i:]
		}
	}
	return text, ""
}

// columns is the width of a text on a terminal.
func columns(text string) int {
	n := 0
	for _, r := range text {
		n += runeColumns(r)
	}
	return n
}

// wide are the characters that take two columns: those of East Asia, and emoji.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115f, 1}, {0x231a, 0x231b, 1}, {0x23e9, 0x23ec, 1}, {0x23f0, 0x23f0, 1}, {0x23f3, 0x23f3, 1},
		{0x25fd, 0x25fe, 1}, {0x2614, 0x2615, 1}, {0x2648, 0x2653, 1}, {0x267f, 0x267f, 1}, {0x2693, 0x2693, 1},
		{0x26a1, 0x26a1, 1}, {0x2705, 0x2705, 1}, {0x270a, 0x270b, 1}, {0x2728, 0x2728, 1}, {0x274c, 0x274c, 1},
		{0x274e, 0x274e, 1}, {0x2753, 0x2755, 1}, {0x2757, 0x2757, 1}, {0x2e80, 0xa4cf, 1}, {0xac00, 0xd7a3, 1},
		{0xf900, 0xfaff, 1}, {0xfe30, 0xfe6f, 1}, {0xff00, 0xff60, 1}, {0xffe0, 0xffe6, 1},
	},
	R32: []unicode.Range32{{0x1f300, 0x1faff, 1}, {0x20000, 0x3fffd, 1}},
}

func runeColumns(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	default:
		return 1
	}
}
