package slack

import (
	"strings"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// blocks renders a message. Labels are mrkdwn, values are plain text; times and
// the link are mrkdwn that we alone write.
func blocks(m message.Message) []slackapi.Block {
	var page layout
	page.header(m.Title)
	page.facts(m.Fields)
	page.flush()

	page.row(label("Status"), plain(emoji(m.State)+" "+message.Cut(cleanOr(m.Status, "Unknown"), maxValue, count)))
	page.flush()
	page.long("Reason given", m.StatusReason, maxDecision)
	page.reviews(m.Reviews)
	page.actions(m)
	return page.blocks
}

// replyBlocks renders a review as a message of its own.
func replyBlocks(r message.Review) []slackapi.Block {
	var page layout
	page.row(author(r), plain(decision(r.State)))
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
	text := message.Cut(cleanOr(title, "Access request"), maxHeader, count)
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
		return isEmpty(field)
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

// itemLines puts each item on a line of its own, which no item can imitate.
func itemLines(field message.Field, room int) string {
	limit := maxList
	if field.Long {
		limit = maxLongList
	}
	items := cleanItems(field.Items)
	if len(items) > 1 {
		for i, item := range items[:min(len(items), maxItems)] {
			items[i] = "• " + item
		}
	}
	return strings.Join(message.CutItems(items, maxItems, min(limit, room), "\n", count), "\n")
}

// cleanItems returns the items, each on one line and cut. Those beyond maxItems
// are left as they are: they are counted, never shown.
func cleanItems(items []string) []string {
	var clean []string
	for i, item := range items {
		if len(clean) == maxItems {
			return append(clean, items[i:]...)
		}
		if item = message.Cut(message.CleanLine(item), maxItem, count); item != "" {
			clean = append(clean, item)
		}
	}
	return clean
}

func isEmpty(field message.Field) bool {
	return field.Time.IsZero() && len(cleanItems(field.Items)) == 0 && message.CleanText(field.Text) == ""
}

func (l *layout) reviews(reviews []message.Review) {
	shown := latest(reviews)
	if hidden := len(reviews) - len(shown); hidden > 0 {
		l.text(plain(earlier(hidden)))
	}
	for _, r := range shown {
		text := decision(r.State)
		if reason := message.Cut(message.CleanLine(r.Reason), maxReviewReason, count); reason != "" {
			text += ": " + reason
		}
		l.row(author(r), plain(text))
	}
	l.flush()
}

// actions adds what a reader can do next, and the request's id.
func (l *layout) actions(m message.Message) {
	if text := link(m.URL, linkLabel(m.State)); text != "" {
		l.text(mrkdwn(text))
	}
	if text := commandLines(m.Commands); text != "" {
		l.text(mrkdwn("*Review with*\n" + text))
	}
	if id := message.Cut(message.CleanLine(m.RequestID), maxID, count); id != "" {
		l.blocks = append(l.blocks, slackapi.NewContextBlock("", plain("Request "+id)))
	}
}

// commandLines formats commands as code. One that could end the formatting is
// left out; ours never can.
func commandLines(commands []string) string {
	var lines []string
	for _, command := range commands[:min(len(commands), 2)] {
		command = escaper.Replace(message.CleanLine(command))
		if command != "" && !strings.Contains(command, "`") && count(command) <= maxCommand {
			lines = append(lines, "`"+command+"`")
		}
	}
	return strings.Join(lines, "\n")
}

func author(r message.Review) *slackapi.TextBlockObject {
	name := message.Cut(cleanOr(r.Author, "Somebody"), maxAuthor, count)
	return plain(emoji(r.State) + " " + name)
}

// label is one of our own words in bold.
func label(text string) *slackapi.TextBlockObject {
	return mrkdwn("*" + typed(message.Cut(cleanOr(text, "Fact"), maxLabel-2, countTyped)) + "*")
}

// plain is text in which Slack reads no markup, and turns no :words: into emoji.
func plain(text string) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.PlainTextType, text, false, false)
}

// mrkdwn is for text that we alone write.
func mrkdwn(text string) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.MarkdownType, text, false, true)
}

func cleanOr(text, otherwise string) string {
	if text = message.CleanLine(text); text != "" {
		return text
	}
	return otherwise
}

// linkLabel says what the link is for.
func linkLabel(state accessrequest.State) string {
	if state == accessrequest.Pending {
		return "Review in Teleport"
	}
	return "Open in Teleport"
}
