package slack

import (
	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// blocks renders a message. What people typed over several lines is a quotation
// in rich text; the rest of it is code in mrkdwn, beside labels, times and a link
// that we alone write.
func blocks(m message.Message) []slackapi.Block {
	l := m.Layout(markup, limits)
	var p page
	p.add(slackapi.NewHeaderBlock(plain(titleLine(m))))
	p.rich(line(own(l.Emoji+" "+statusLine(m), bold)))
	if l.Mentions != "" {
		p.text(mrkdwn(l.Mentions))
	}
	p.facts(l)
	p.flush()
	if quote := quotation(l.StatusReason.Lines); quote != nil {
		p.rich(heading(l.Word(message.LabelStatusReason)), quote)
	}
	p.reviews(l)
	p.buttons(l)
	p.actions(l)
	return p.blocks
}

// replyBlocks renders a review as a message of its own.
func replyBlocks(r message.Review) []slackapi.Block {
	return []slackapi.Block{richText(review(r, r.Reason, limits.Long)...)}
}

// plainBlocks is a plain message that may have a rich_text block, and has to keep one.
func plainBlocks(m message.Message) []slackapi.Block {
	l := m.Layout(markup, limits)
	elements := []element{own(message.Lines(titleLine(m), statusLine(m)), nil)}
	if l.Address != "" {
		elements = append(elements, own("\n", nil), slackapi.NewRichTextSectionLinkElement(l.Address, "", nil))
	} else if l.Request != "" {
		elements = append(elements, own("\n"+l.Request, nil))
	}
	return []slackapi.Block{richText(line(elements...))}
}

// page collects blocks.
type page struct {
	blocks []slackapi.Block
	// cells are the fields of the section that is being filled, two for a row.
	cells []*slackapi.TextBlockObject
}

// add adds a block.
func (p *page) add(block slackapi.Block) {
	p.flush()
	p.blocks = append(p.blocks, block)
}

// row adds a label and its value, side by side.
func (p *page) row(left, right *slackapi.TextBlockObject) {
	p.cells = append(p.cells, left, right)
	if len(p.cells) == maxFieldsPerSection {
		p.flush()
	}
}

// flush ends the section that is being filled.
func (p *page) flush() {
	if len(p.cells) > 0 {
		p.blocks = append(p.blocks, slackapi.NewSectionBlock(nil, p.cells, nil))
		p.cells = nil
	}
}

// text adds a section with one text.
func (p *page) text(object *slackapi.TextBlockObject) {
	p.add(slackapi.NewSectionBlock(object, nil, nil))
}

// rich adds a block of rich text.
func (p *page) rich(parts ...part) { p.add(richText(parts...)) }

func (p *page) facts(l message.Layout) {
	for _, fact := range l.Facts {
		p.fact(l, fact)
	}
	if l.More != "" {
		p.text(plain(l.More))
	}
}

func (p *page) fact(l message.Layout, fact message.Fact) {
	if quote := quotation(fact.Lines); quote != nil {
		p.rich(heading(cutLine(l.Language, fact.Field.Label, message.NoLabel, limits.Label)), quote)
		return
	}
	name, value := mrkdwn(label(fact.Label)), mrkdwn(fact.Text)
	if fact.Field.Long {
		p.text(name)
		p.text(value)
		return
	}
	p.row(name, value)
}

func (p *page) reviews(l message.Layout) {
	if l.Earlier != "" {
		p.text(plain(l.Earlier))
	}
	var parts []part
	for _, r := range l.Latest {
		parts = append(parts, review(r, message.CleanLine(r.Reason), limits.ReviewReason)...)
	}
	if len(parts) > 0 {
		p.rich(parts...)
	}
}

// actions adds what a reader can do next, and the request's id.
func (p *page) actions(l message.Layout) {
	if l.Address != "" {
		p.text(mrkdwn(link(l)))
	}
	if l.Commands != "" {
		p.text(mrkdwn(message.Lines(label(l.Word(message.LabelCommands)), l.Commands)))
	}
	if l.Request != "" {
		p.add(slackapi.NewContextBlock("", plain(l.Request)))
	}
}

// label is one of our own words in bold.
func label(text string) string { return "*" + text + "*" }

// heading is a label above rich text.
func heading(text string) part {
	return line(own(text, bold))
}

// titleLine and statusLine are our own words where Slack reads no markup.
func titleLine(m message.Message) string {
	return cutLine(m.Language, m.Title, message.NoTitle, limits.Title)
}

func statusLine(m message.Message) string {
	return cutLine(m.Language, m.Status, message.NoStatus, limits.Status)
}

// cutLine cuts a text to one line of at most limit characters, for where Slack
// reads no markup.
func cutLine(language message.Language, text, otherwise string, limit int) string {
	return language.Cut(message.CleanLineOr(text, language.Say(otherwise)), limit, count)
}

// plain is text in which Slack reads no markup, and turns no :words: into emoji.
func plain(text string) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.PlainTextType, text, false, false)
}

// mrkdwn is for text that we alone write, and for code.
func mrkdwn(text string) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.MarkdownType, text, false, true)
}
