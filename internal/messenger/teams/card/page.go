package card

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

const (
	textRun   = "TextRun"
	richText  = "RichTextBlock"
	container = "Container"
	none      = "None"
	bolder    = "Bolder"
)

// page collects the elements of a card.
type page struct {
	body     []element
	actions  []action
	entities []entity
	// links makes links of the addresses that people typed.
	links bool
}

func (p *page) add(e element) { p.body = append(p.body, e) }

func (p *page) card() Card {
	return Card{
		Type: "AdaptiveCard", Schema: schema, Version: version, Body: p.body, Actions: p.actions,
		Teams: teams{Width: "Full", Entities: p.entities},
	}
}

// heading says what it is, and where it stands.
func heading(l message.Layout, style string) element {
	title := own(l.Title)
	for i := range title {
		title[i].Weight, title[i].Size = bolder, "Medium"
	}
	status := own(l.Emoji + " " + l.Status)
	for i := range status {
		status[i].Weight = bolder
	}
	return element{Type: container, Style: style, Bleed: true, Items: []element{line("", title...), line("Small", status...)}}
}

// fact adds a label with what is labelled: beside it, or below it where it takes several lines.
func (p *page) fact(l message.Layout, label, text string) {
	switch {
	case text == "":
	case strings.ContainsAny(text, lineEnd+quoteMark):
		p.add(line("Small", bold(l.Heading(label))...))
		p.lines(text)
	default:
		p.add(line("Small", append(bold(l.Heading(label)+" "), p.runs(text)...)...))
	}
}

// section adds lines below a label.
func (p *page) section(l message.Layout, label, text string) {
	if text != "" {
		p.add(line("Medium", bold(l.Heading(l.Word(label)))...))
		p.lines(text)
	}
}

// text adds lines.
func (p *page) text(text string) {
	if text != "" {
		p.lines(text)
	}
}

// lines adds lines, those of a quotation in a box.
func (p *page) lines(text string) {
	for each := range strings.SplitSeq(text, lineEnd) {
		quoted, isQuotation := strings.CutPrefix(each, quoteMark)
		if !isQuotation {
			if runs := p.runs(each); len(runs) > 0 {
				p.add(line(none, runs...))
			}
			continue
		}
		runs := p.runs(quoted)
		if len(runs) == 0 {
			// A line must hold something: this is an empty one.
			runs = own(" ")
		}
		p.quote(line(none, runs...))
	}
}

// quote adds a line to the box that is the last element, or to a new one.
func (p *page) quote(e element) {
	if n := len(p.body); n > 0 && p.body[n-1].Style == quotation {
		p.body[n-1].Items = append(p.body[n-1].Items, e)
		return
	}
	p.add(element{Type: container, Style: quotation, Spacing: "Small", Items: []element{e}})
}

// quotation is the style of a box that holds what people typed, and nothing else does.
const quotation = "emphasis"

// link adds the page of the request.
func (p *page) link(l message.Layout) {
	if l.Address != "" {
		p.actions = append(p.actions, open(l.LinkLabel, l.Address))
	}
}

func line(spacing string, runs ...run) element {
	return element{Type: richText, Spacing: spacing, Inlines: runs}
}

func bold(text string) []run {
	runs := own(text)
	for i := range runs {
		runs[i].Weight = bolder
	}
	return runs
}

// small is a text that matters less.
func small(text string) []run {
	runs := own(text)
	for i := range runs {
		runs[i].Size, runs[i].IsSubtle = "Small", true
	}
	return runs
}
