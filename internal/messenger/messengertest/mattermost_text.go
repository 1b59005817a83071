package messengertest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// mattermostAttachment has every field, so that encoding one normalises it.
type mattermostAttachment struct {
	ID         int64              `json:"id"`
	Fallback   string             `json:"fallback"`
	Color      string             `json:"color"`
	Pretext    string             `json:"pretext"`
	AuthorName string             `json:"author_name"`
	AuthorLink string             `json:"author_link"`
	AuthorIcon string             `json:"author_icon"`
	Title      string             `json:"title"`
	TitleLink  string             `json:"title_link"`
	Text       string             `json:"text"`
	Fields     []mattermostField  `json:"fields"`
	ImageURL   string             `json:"image_url"`
	ThumbURL   string             `json:"thumb_url"`
	Footer     string             `json:"footer"`
	FooterIcon string             `json:"footer_icon"`
	Timestamp  any                `json:"ts"`
	Actions    []mattermostAction `json:"actions,omitempty"`
}

type mattermostField struct {
	Title string `json:"title"`
	Value any    `json:"value"`
	Short bool   `json:"short"`
}

var (
	mattermostCode = regexp.MustCompile("(?s)```.*?```|``.+?``|`[^`]+`")
	mattermostPing = regexp.MustCompile(`(?:^|[^A-Za-z0-9@])@([A-Za-z0-9][A-Za-z0-9._-]*)`)
)

// appearance is how the post looks now, and whom it pings: names in the
// message, and in the pretext and text of attachments, outside of code. Values
// of fields ping since Mattermost 10; they do here, too.
func (m *Mattermost) appearance(p mattermostPost) appearance {
	raw, err := json.Marshal(p)
	if err != nil {
		panic("a post of the simulator cannot be encoded: " + err.Error())
	}
	pinging := []string{p.Message}
	for _, attachment := range p.attachments() {
		pinging = append(pinging, attachment.Pretext, attachment.Text)
		for _, field := range attachment.Fields {
			pinging = append(pinging, fmt.Sprint(field.Value))
		}
	}
	return appearance{
		key:      cmp.Or(jsonText(p.Props["access_notifier_key"]), p.PendingPostID),
		text:     joinLines(p.lines(showMarkdown)),
		raw:      raw,
		mentions: m.pings(pinging),
	}
}

// attachments are those of a post. Attachments that are none are not shown.
func (p mattermostPost) attachments() (attachments []mattermostAttachment) {
	_ = json.Unmarshal(p.Props["attachments"], &attachments)
	return attachments
}

// lines are the texts of a post. show is for those that Mattermost reads as
// markdown.
func (p mattermostPost) lines(show func(string) string) []string {
	lines := []string{show(p.Message)}
	for _, attachment := range p.attachments() {
		lines = append(lines, attachment.lines(show)...)
	}
	return lines
}

func (a mattermostAttachment) lines(show func(string) string) []string {
	lines := []string{show(a.Pretext), a.AuthorName, show(a.Title), a.TitleLink, show(a.Text)}
	for _, field := range a.Fields {
		lines = append(lines, show(field.Title))
		if field.Value != nil {
			lines = append(lines, show(fmt.Sprint(field.Value)))
		}
	}
	for _, action := range a.Actions {
		lines = append(lines, action.Name)
	}
	return append(lines, a.Footer)
}

// mattermostQuote is a quotation. It reaches up to the next empty line: a line
// that does not begin with ">" belongs to it all the same.
var mattermostQuote = regexp.MustCompile(`(?m)^ {0,3}>.*(?:\n.*\S.*)*$`)

// outsideMattermost returns what is neither in code nor in a quotation.
func outsideMattermost(text string) string {
	return withoutCode(mattermostQuote.ReplaceAllString(text, ""))
}

// pings returns the names that texts ping: that of all, or an existing user's.
// A backslash before the @ does not help, since Mattermost resolves it first.
func (m *Mattermost) pings(texts []string) []string {
	var names []string
	for _, text := range texts {
		text = mattermostCode.ReplaceAllString(text, " code ")
		for _, match := range mattermostPing.FindAllStringSubmatch(text, -1) {
			name := strings.ToLower(strings.TrimRight(match[1], "._-"))
			switch {
			case name == "channel" || name == "all" || name == "here":
				names = append(names, name)
			case m.userByName(name) != nil:
				names = append(names, name)
			}
		}
	}
	return names
}
