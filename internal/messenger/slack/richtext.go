package slack

import (
	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// Slack reads no markup in the texts of a rich_text block, so that what people
// typed stands there as they typed it. A message that once had such a block must
// keep one: Slack refuses an update without (block_mismatch). Every message of
// ours has one, for its status.

var (
	bold     = &slackapi.RichTextSectionTextStyle{Bold: true}
	codeFont = &slackapi.RichTextSectionTextStyle{Code: true}
)

type (
	part    = slackapi.RichTextElement
	element = slackapi.RichTextSectionElement
)

func richText(parts ...part) slackapi.Block {
	return slackapi.NewRichTextBlock("", parts...)
}

// line is a line of our own.
func line(elements ...element) part {
	return slackapi.NewRichTextSection(elements...)
}

func own(text string, style *slackapi.RichTextSectionTextStyle) element {
	return slackapi.NewRichTextSectionTextElement(text, style)
}

// quotation is what a person typed over several lines; nil if it is empty.
func quotation(s string, limit int) part {
	var elements []element
	text := ""
	flush := func() {
		if text != "" {
			elements = append(elements, own(text, nil))
		}
		text = ""
	}
	for i, spans := range message.Quotation(s, limit, count) {
		if i > 0 {
			text += "\n"
		}
		for _, span := range spans {
			if !span.Address {
				text += span.Text
				continue
			}
			flush()
			// Without a text of its own a link shows its address.
			elements = append(elements, slackapi.NewRichTextSectionLinkElement(span.Text, "", nil))
		}
	}
	flush()
	if len(elements) == 0 {
		return nil
	}
	return &slackapi.RichTextQuote{Type: slackapi.RTEQuote, Elements: elements}
}

// quoted is a quotation below a line of our own.
func quoted(label part, s string, limit int) []part {
	parts := []part{label}
	if quote := quotation(s, limit); quote != nil {
		parts = append(parts, quote)
	}
	return parts
}

// verdict says what a reviewer did.
func verdict(r message.Review) part {
	elements := []element{own(message.Mark(r.State)+" "+r.Decision()+message.ByWords, nil)}
	if author := typedLine(r.Author); author != "" {
		elements = append(elements, own(author, codeFont))
	} else {
		elements = append(elements, own(message.NoAuthor, nil))
	}
	if through := typedLine(r.SubmittedBy); through != "" {
		elements = append(elements, own(message.ThroughWords, nil), own(through, codeFont))
	}
	return line(elements...)
}

func typedLine(s string) string {
	return message.Cut(message.CleanLine(s), maxAuthor, count)
}
