package check

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// style is how a mark looks.
type style struct{ sign, colour string }

// The colours are those of ECMA-48; each terminal has its own shades of them.
const (
	plain  = "\x1b[0m"
	bold   = "\x1b[1m"
	faint  = "\x1b[2m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
)

var styles = map[Mark]style{
	Passed:  {"✓", green},
	Warned:  {"!", yellow},
	Failed:  {"✗", red},
	Skipped: {"–", faint},
}

// Print writes the report as text: a line for each check, and below it what to do.
func (r Report) Print(w io.Writer, colours bool) error {
	var b strings.Builder
	paint := func(colour, text string) string {
		if !colours {
			return text
		}
		return colour + text + plain
	}
	width := 0
	for _, result := range r {
		width = max(width, utf8.RuneCountInString(clean(result.Subject)))
	}
	for _, group := range r.groups() {
		b.WriteString(paint(bold, group) + "\n")
		for _, result := range r {
			if result.Group != group {
				continue
			}
			look, subject := styles[result.Mark], clean(result.Subject)
			padding := strings.Repeat(" ", width-utf8.RuneCountInString(subject))
			fmt.Fprintf(&b, "  %s  %s%s  %s\n", paint(look.colour, look.sign), subject, padding, clean(result.Finding))
			if result.Advice != "" {
				fmt.Fprintf(&b, "     %s  %s\n", strings.Repeat(" ", width), paint(faint, "→ "+clean(result.Advice)))
			}
		}
		b.WriteString("\n")
	}
	b.WriteString(paint(styles[r.verdict()].colour, r.summary()) + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (r Report) verdict() Mark {
	switch {
	case !r.OK():
		return Failed
	case r.count(Warned) > 0:
		return Warned
	default:
		return Passed
	}
}

func (r Report) summary() string {
	count, word := r.count(Failed), "failed"
	if r.OK() {
		count, word = r.count(Passed), "passed"
	}
	text := fmt.Sprintf("%d of %s %s", count, plural(len(r)-r.count(Skipped), "check"), word)
	if n := r.count(Warned); n > 0 {
		text += ", " + plural(n, "warning")
	}
	if n := r.count(Skipped); n > 0 {
		text += fmt.Sprintf(", %d not tried", n)
	}
	return text
}

// clean keeps what servers and files say from moving the cursor.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == '\x7f' || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
}

// PrintJSON writes the report for programs.
func (r Report) PrintJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		OK     bool   `json:"ok"`
		Checks Report `json:"checks"`
	}{r.OK(), r})
}
