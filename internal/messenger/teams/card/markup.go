package card

import (
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// Marks stand in texts for what a card has structures for. They are of the private use area,
// from which message takes all out of what people type.
const (
	codeMark, codeEnd = "\uE000", "\uE001"
	quoteMark         = "\uE002"
	linkMark, linkEnd = "\uE003", "\uE004"
	lineEnd           = "\n"
)

// markup writes texts with marks.
var markup = message.Markup{
	Count: count,
	Words: func(line string) string { return line },
	Code:  func(line string) string { return codeMark + line + codeEnd },
	Text:  func(part string) string { return part },
	Link:  func(address string) string { return linkMark + address + linkEnd },
	Quote: quoteMark, Bullet: "• ", Separator: lineEnd, LongSeparator: lineEnd,
	Time:    func(_ time.Time, words string) string { return words },
	Command: func(command string) string { return command },
	Page:    func(address string) string { return address },
	// The page is a value of its own in JSON.
	Breaking: "<>|\"'`\\",
}

// commands are those of a layout, which writes them with signs for code.
func commands(lines string) string {
	if lines == "" {
		return ""
	}
	var marked []string
	for command := range strings.SplitSeq(lines, lineEnd) {
		marked = append(marked, markup.Code(strings.TrimSuffix(strings.TrimPrefix(command, "`"), "`")))
	}
	return strings.Join(marked, lineEnd)
}

// runs makes runs of one line with marks.
func (p *page) runs(text string) (runs []run) {
	for text != "" {
		at := strings.IndexAny(text, codeMark+linkMark)
		if at < 0 {
			return append(runs, own(text)...)
		}
		runs = append(runs, own(text[:at])...)
		mark, rest := text[at:at+len(codeMark)], text[at+len(codeMark):]
		end := codeEnd
		if mark == linkMark {
			end = linkEnd
		}
		var inner string
		inner, text, _ = strings.Cut(rest, end)
		if mark == codeMark {
			runs = append(runs, code(inner)...)
			continue
		}
		runs = append(runs, p.typedLink(inner)...)
	}
	return runs
}

// typedLink shows an address that a person typed, as it was typed.
func (p *page) typedLink(address string) []run {
	if !p.links {
		return own(address)
	}
	to := open("", address)
	return []run{{Type: textRun, Text: address, SelectAction: &to}}
}

// code is a line that people typed.
func code(text string) []run {
	runs := own(text)
	for i := range runs {
		runs[i].FontType = "Monospace"
	}
	return runs
}

// functionMark begins a function that clients put a date or a time in the place of. It is never
// within one run.
const functionMark = "{{"

// own is a text as it is.
func own(text string) (runs []run) {
	for text != "" {
		at := strings.Index(text, functionMark)
		if at < 0 {
			return append(runs, run{Type: textRun, Text: text})
		}
		runs = append(runs, run{Type: textRun, Text: text[:at+1]})
		text = text[at+1:]
	}
	return runs
}

// spoken is a line without structures: what people typed stands in quotation marks, and has
// none of their kind.
func spoken(text string) string {
	text = strings.NewReplacer("“", `"`, "”", `"`).Replace(text)
	return strings.NewReplacer(codeMark, "“", codeEnd, "”").Replace(text)
}
