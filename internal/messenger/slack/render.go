package slack

import (
	"strings"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// blocks renders a message. What people typed over several lines is a quotation
// in rich text; the rest of it is code in mrkdwn, beside labels, times and a link
// that we alone write.
func blocks(m message.Message) []slackapi.Block {
	var page layout
	page.header(m.Title)
	page.rich(line(own(message.Mark(m.State)+" "+cutLine(m.Status, message.NoStatus, maxValue), bold)))
	page.facts(m.Fields)
	page.flush()
	if quote := quotation(m.StatusReason, maxDecision); quote != nil {
		page.rich(heading(message.LabelStatusReason), quote)
	}
	page.reviews(m.Reviews)
	page.actions(m)
	return page.blocks
}

// replyBlocks renders a review as a message of its own.
func replyBlocks(r message.Review) []slackapi.Block {
	return []slackapi.Block{richText(quoted(verdict(r), r.Reason, maxLong)...)}
}

// plainBlocks is plainText for a message that may have a rich_text block, and has
// to keep one.
func plainBlocks(m message.Message) []slackapi.Block {
	text := cutLine(m.Title, message.NoTitle, maxHeader) + "\n" + cutLine(m.Status, message.NoStatus, maxValue)
	elements := []element{own(text, nil)}
	if address := pageURL(m.URL); address != "" {
		elements = append(elements, own("\n", nil), slackapi.NewRichTextSectionLinkElement(address, "", nil))
	} else if id := cutLine(m.RequestID, "", maxID); id != "" {
		elements = append(elements, own("\n"+message.LabelRequest+" "+id, nil))
	}
	return []slackapi.Block{richText(line(elements...))}
}

// layout collects blocks.
type layout struct {
	blocks []slackapi.Block
	// cells are the fields of the section that is being filled, two for a row.
	cells []*slackapi.TextBlockObject
	// used is what the facts take so far.
	used int
}

// row adds a label and its value, side by side.
func (l *layout) row(left, right *slackapi.TextBlockObject) {
	l.cells = append(l.cells, left, right)
	if len(l.cells) == maxFieldsPerSection {
		l.flush()
	}
}

// flush ends the section that is being filled.
func (l *layout) flush() {
	if len(l.cells) > 0 {
		l.blocks = append(l.blocks, slackapi.NewSectionBlock(nil, l.cells, nil))
		l.cells = nil
	}
}

// text adds a section with one text.
func (l *layout) text(object *slackapi.TextBlockObject) {
	l.flush()
	l.blocks = append(l.blocks, slackapi.NewSectionBlock(object, nil, nil))
}

// rich adds a block of rich text.
func (l *layout) rich(parts ...part) {
	l.flush()
	l.blocks = append(l.blocks, richText(parts...))
}

func (l *layout) header(title string) {
	l.blocks = append(l.blocks, slackapi.NewHeaderBlock(plain(cutLine(title, message.NoTitle, maxHeader))))
}

func (l *layout) facts(fields []message.Field) {
	for i, field := range fields {
		if i == maxFacts || !l.fact(field) {
			l.text(plain(message.AndMore(len(fields) - i)))
			return
		}
	}
}

// fact adds one fact, and reports false when there is no room for it.
func (l *layout) fact(field message.Field) bool {
	room := maxFactsSum - l.used - maxLabel
	if isQuotation(field) {
		quote := quotation(field.Text, min(maxLong, room))
		if quote == nil {
			return field.IsEmpty()
		}
		l.used += maxLabel + count(message.Cut(message.CleanText(field.Text), min(maxLong, room), count))
		l.rich(heading(field.Label), quote)
		return true
	}
	name, value := label(field.Label), factValue(field, room)
	if value == nil {
		return field.IsEmpty()
	}
	l.used += count(name.Text) + count(value.Text)
	if field.Long {
		l.text(name)
		l.text(value)
		return true
	}
	l.row(name, value)
	return true
}

// isQuotation is true for what a person may have typed over several lines.
func isQuotation(field message.Field) bool {
	return field.Long && !field.Own && field.Time.IsZero() && len(field.Items) == 0 && field.More == 0
}

// factValue returns a fact's value within the room that is left, or nil.
func factValue(field message.Field, room int) *slackapi.TextBlockObject {
	var text string
	switch {
	case !field.Time.IsZero():
		if text = date(field.Time); count(text) > room {
			return nil
		}
	case len(field.Items) > 0 || field.More > 0:
		limit := maxList
		if field.Long {
			limit = maxLongList
		}
		text = markup.List(field, min(limit, room), "• ", "\n")
	case field.Own:
		text = words(field.Text, "", min(maxValue, room))
	default:
		text = markup.Value(field.Text, min(maxValue, room))
	}
	if text == "" {
		return nil
	}
	return mrkdwn(text)
}

func (l *layout) reviews(reviews []message.Review) {
	shown := message.Latest(reviews, maxReviews)
	if hidden := len(reviews) - len(shown); hidden > 0 {
		l.text(plain(message.Earlier(hidden)))
	}
	var parts []part
	for _, r := range shown {
		parts = append(parts, quoted(verdict(r), message.CleanLine(r.Reason), maxReviewReason)...)
	}
	if len(parts) > 0 {
		l.rich(parts...)
	}
}

// actions adds what a reader can do next, and the request's id.
func (l *layout) actions(m message.Message) {
	if text := link(m.URL, m.LinkLabel()); text != "" {
		l.text(mrkdwn(text))
	}
	if text := message.CommandLines(m.Commands, codeOf); text != "" {
		l.text(mrkdwn("*" + message.LabelCommands + "*\n" + text))
	}
	if id := cutLine(m.RequestID, "", maxID); id != "" {
		l.blocks = append(l.blocks, slackapi.NewContextBlock("", plain(message.LabelRequest+" "+id)))
	}
}

// codeOf escapes a command for code, in which it must not end the code.
func codeOf(command string) string {
	if strings.Contains(command, "`") {
		return ""
	}
	return escaper.Replace(command)
}

// label is one of our own words in bold.
func label(text string) *slackapi.TextBlockObject {
	return mrkdwn("*" + words(text, message.NoLabel, maxLabel-2) + "*")
}

// heading is a label above rich text.
func heading(text string) part {
	return line(own(cutLine(text, message.NoLabel, maxLabel), bold))
}

// cutLine cuts a text to one line of at most limit characters, for where Slack
// reads no markup.
func cutLine(text, otherwise string, limit int) string {
	return message.Cut(message.CleanLineOr(text, otherwise), limit, count)
}

// plain is text in which Slack reads no markup, and turns no :words: into emoji.
func plain(text string) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.PlainTextType, text, false, false)
}

// mrkdwn is for text that we alone write, and for code.
func mrkdwn(text string) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.MarkdownType, text, false, true)
}
