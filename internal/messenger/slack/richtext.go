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
func quotation(lines [][]message.Span) part {
	var elements []element
	text := ""
	flush := func() {
		if text != "" {
			elements = append(elements, own(text, nil))
		}
		text = ""
	}
	for i, spans := range lines {
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

// review says what a reviewer did, and the reason below.
func review(r message.Review, reason string, limit int) []part {
	parts := []part{verdict(r)}
	if quote := quotation(r.Language.Quotation(reason, limit, count)); quote != nil {
		parts = append(parts, quote)
	}
	return parts
}

// verdict says what a reviewer did.
func verdict(r message.Review) part {
	var elements []element
	for _, p := range r.Verdict() {
		if p.Typed {
			elements = append(elements, own(r.Language.Cut(p.Text, limits.Author, count), codeFont))
		} else {
			elements = append(elements, own(p.Text, nil))
		}
	}
	return line(elements...)
}
