package email

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// render returns a message as mail: all of it, or what has changed since there was one.
func render(m message.Message, follows bool) content {
	within := limits
	if follows {
		within = followLimits
	}
	plain, marked := m.Layout(plainMarkup, within), m.Layout(htmlMarkup, within)
	if m.Plain {
		// Nothing that people typed.
		return content{
			subject: plain.Title, text: plain.Plain() + "\n",
			html: document(m, plain.Title, paragraph(lineBreaks(marked.Plain()))),
		}
	}
	return content{subject: plain.Subject, text: text(plain, follows), html: document(m, plain.Subject, body(marked, follows))}
}

// text is the plain part: short lines below each other, as a terminal shows them.
func text(l message.Layout, follows bool) string {
	head := l.Emoji + " " + l.Labelled(l.Title, l.Status)
	facts := factLines(l)
	if !follows {
		facts = message.Lines(facts, l.More)
	}
	reviews := ""
	if l.Reviews != "" {
		reviews = message.Lines(l.Heading(l.Word(message.LabelReviews)), l.Reviews)
	}
	reason := ""
	if l.StatusReason.Text != "" {
		reason = message.Lines(l.Heading(l.Word(message.LabelStatusReason)), l.StatusReason.Text)
	}
	page := ""
	if l.Page != "" {
		page = message.Lines(l.Heading(l.LinkLabel), l.Page)
	}
	commands := ""
	if l.Commands != "" {
		commands = message.Lines(l.Heading(l.Word(message.LabelCommands)), l.Commands)
	}
	if follows {
		// What is new comes first.
		return paragraphs(head, reason, reviews, page, commands, facts, l.Request) + "\n"
	}
	return paragraphs(head, facts, reason, reviews, page, commands, l.Request) + "\n"
}

// factLines are the facts, one below the other.
func factLines(l message.Layout) string {
	var lines []string
	for _, fact := range l.Facts {
		if fact.Field.IsQuotation() || strings.Contains(fact.Text, "\n") {
			lines = append(lines, l.Heading(fact.Label), fact.Text)
			continue
		}
		lines = append(lines, l.Labelled(fact.Label, fact.Text))
	}
	return message.Lines(lines...)
}

// paragraphs joins texts that are not empty, with an empty line between them.
func paragraphs(texts ...string) string {
	var all []string
	for _, one := range texts {
		if one != "" {
			all = append(all, one)
		}
	}
	return strings.Join(all, "\n\n")
}
