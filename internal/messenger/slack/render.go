package slack

import (
	"strings"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// blocks renders a message. Labels are mrkdwn, values are plain text; times and
// the link are mrkdwn that we alone write.
func blocks(m message.Message) []slackapi.Block {
	var page layout
	page.header(m.Title)
	page.row(label("Status"), plain(message.Mark(m.State)+" "+message.Cut(message.CleanLineOr(m.Status, message.NoStatus), maxValue, count)))
	page.facts(m.Fields)
	page.flush()
	page.long(message.LabelStatusReason, m.StatusReason, maxDecision)
	page.reviews(m.Reviews)
	page.actions(m)
	return page.blocks
}

// replyBlocks renders a review as a message of its own.
func replyBlocks(r message.Review) []slackapi.Block {
	var page layout
	page.row(author(r), plain(r.Decision()))
	page.flush()
	if reason := message.Cut(message.CleanText(r.Reason), maxLong, count); reason != "" {
		page.text(plain(reason))
	}
	return page.blocks
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

// long adds a value below its label; none if it is empty.
func (l *layout) long(name, value string, limit int) {
	if value = message.Cut(message.CleanText(value), limit, count); value != "" {
		l.text(label(name))
		l.text(plain(value))
	}
}

func (l *layout) header(title string) {
	text := message.Cut(message.CleanLineOr(title, message.NoTitle), maxHeader, count)
	l.blocks = append(l.blocks, slackapi.NewHeaderBlock(plain(text)))
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
	name, value := label(field.Label), factValue(field, maxFactsSum-l.used-maxLabel)
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

// factValue returns a fact's value within the room that is left, or nil.
func factValue(field message.Field, room int) *slackapi.TextBlockObject {
	var text string
	switch {
	case !field.Time.IsZero():
		if text = date(field.Time); count(text) <= room {
			return mrkdwn(text)
		}
		return nil
	case len(field.Items) > 0:
		text = itemLines(field, room)
	case field.Long:
		text = message.Cut(message.CleanText(field.Text), min(maxLong, room), count)
	default:
		text = message.Cut(message.CleanLine(field.Text), min(maxValue, room), count)
	}
	if text == "" {
		return nil
	}
	return plain(text)
}

// itemLines puts each item on a line of its own.
func itemLines(field message.Field, room int) string {
	limit := maxList
	if field.Long {
		limit = maxLongList
	}
	return message.BulletList(message.Shown(field.Items, maxItems, cutItem), maxItems, min(limit, room), count)
}

// cutItem puts an item on one line, and cuts it.
func cutItem(item string) string {
	return message.Cut(message.CleanLine(item), maxItem, count)
}

func (l *layout) reviews(reviews []message.Review) {
	shown := message.Latest(reviews, maxReviews)
	if hidden := len(reviews) - len(shown); hidden > 0 {
		l.text(plain(message.Earlier(hidden)))
	}
	for _, r := range shown {
		text := r.Decision()
		if reason := message.Cut(message.CleanLine(r.Reason), maxReviewReason, count); reason != "" {
			text += ": " + reason
		}
		l.row(author(r), plain(text))
	}
	l.flush()
}

// actions adds what a reader can do next, and the request's id.
func (l *layout) actions(m message.Message) {
	if text := link(m.URL, m.LinkLabel()); text != "" {
		l.text(mrkdwn(text))
	}
	if text := message.CommandLines(m.Commands, codeOf); text != "" {
		l.text(mrkdwn("*" + message.LabelCommands + "*\n" + text))
	}
	if id := message.Cut(message.CleanLine(m.RequestID), maxID, count); id != "" {
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

func author(r message.Review) *slackapi.TextBlockObject {
	name := message.Cut(message.CleanLineOr(r.Author, message.NoAuthor), maxAuthor, count)
	return plain(message.Mark(r.State) + " " + name)
}

// label is one of our own words in bold.
func label(text string) *slackapi.TextBlockObject {
	return mrkdwn("*" + typed(message.Cut(message.CleanLineOr(text, message.NoLabel), maxLabel-2, countTyped)) + "*")
}

// plain is text in which Slack reads no markup, and turns no :words: into emoji.
func plain(text string) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.PlainTextType, text, false, false)
}

// mrkdwn is for text that we alone write.
func mrkdwn(text string) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.MarkdownType, text, false, true)
}
