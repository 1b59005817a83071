package messengertest

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	discordPing   = regexp.MustCompile(`@(everyone|here)|<@!?(\d+)>|<@&(\d+)>`)
	discordTime   = regexp.MustCompile(`<t:(-?\d{1,12})(?::[tTdDfFRsS])?>`)
	markdownLink  = regexp.MustCompile(`\[((?:[^\[\]\\]|\\.)+)\]\(<?([^()\s<>]+)>?\)`)
	discordLink   = regexp.MustCompile(`(?:https?://|discord\.gg/)[^\s<>]+`)
	markdownAngle = regexp.MustCompile(`<(https?://[^<>\s]+)>`)
	markdownSlash = regexp.MustCompile("\\\\([!-/:-@\\[-`{-~])")
)

// appearance is how the message looks now, and whom it pings: mentions count
// in the content only, and those in code count, too.
func (m discordMessage) appearance() appearance {
	raw, err := json.Marshal(m)
	if err != nil {
		panic("a message of the simulator cannot be encoded: " + err.Error())
	}
	return appearance{
		key:      m.Nonce,
		text:     joinLines(m.lines(showDiscordMarkdown)),
		raw:      raw,
		mentions: m.allowed.pings(m.Content),
	}
}

// lines are the texts of a message. show is for those that Discord reads as
// markdown.
func (m discordMessage) lines(show func(string) string) []string {
	lines := []string{show(m.Content)}
	for _, embed := range m.Embeds {
		lines = append(lines, embed.lines(show)...)
	}
	for _, row := range m.Components {
		for _, button := range row.Components {
			lines = append(lines, button.Label, button.URL)
		}
	}
	return lines
}

func (m discordEmbed) lines(show func(string) string) []string {
	var lines []string
	if m.Author != nil {
		lines = append(lines, m.Author.Name)
	}
	lines = append(lines, show(m.Title), m.URL, show(m.Description))
	for _, field := range m.Fields {
		lines = append(lines, show(field.Name), show(field.Value))
	}
	if m.Footer != nil {
		lines = append(lines, m.Footer.Text)
	}
	return lines
}

// joinLines joins what is not empty.
func joinLines(lines []string) string {
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
}

// pings returns whom the content pings when a has its say; nil lets all through.
func (a *allowedMentions) pings(content string) []string {
	var names []string
	for _, match := range discordPing.FindAllStringSubmatch(content, -1) {
		if a.lets(match[1], match[2], match[3]) {
			names = append(names, match[1]+match[2]+match[3])
		}
	}
	return names
}

func (a *allowedMentions) lets(everyone, user, role string) bool {
	switch {
	case a == nil:
		return true
	case everyone != "":
		return slices.Contains(a.Parse, "everyone")
	case user != "":
		return slices.Contains(a.Parse, "users") || slices.Contains(a.Users, user)
	default:
		return slices.Contains(a.Parse, "roles") || slices.Contains(a.Roles, role)
	}
}

// showDiscordMarkdown shows links, timestamps and escapes as a reader sees
// them. Emphasis keeps its asterisks.
func showDiscordMarkdown(text string) string {
	return showMarkdownWith(showDiscordTimes, text)
}

func showDiscordTimes(text string) string {
	return discordTime.ReplaceAllStringFunc(text, func(markup string) string {
		match := discordTime.FindStringSubmatch(markup)
		// The expression lets through at most twelve digits.
		unix, _ := strconv.ParseInt(match[1], 10, 64)
		return time.Unix(unix, 0).UTC().Format(time.RFC3339)
	})
}

// showMarkdown shows links, escapes and code as a reader sees them.
func showMarkdown(text string) string {
	return showMarkdownWith(strings.Clone, text)
}

// showMarkdownWith is showMarkdown for a service that has more markup than that.
func showMarkdownWith(show func(string) string, text string) string {
	var shown strings.Builder
	for text != "" {
		before, code, after := cutCode(text)
		before = show(before)
		before = markdownLink.ReplaceAllString(before, "$1 ($2)")
		before = markdownAngle.ReplaceAllString(before, "$1")
		shown.WriteString(markdownSlash.ReplaceAllString(before, "$1"))
		shown.WriteString(strings.Trim(code, "`"))
		text = after
	}
	return shown.String()
}

// discordQuote is a quoted line, or with ">>>" all lines from there on.
var discordQuote = regexp.MustCompile(`(?m)^ *(?:>>> (?s:.*)|> .*$)`)

// outsideDiscord returns what is neither in code nor in a quotation.
func outsideDiscord(text string) string {
	return withoutCode(discordQuote.ReplaceAllString(text, ""))
}

func withoutCode(text string) string {
	var outside strings.Builder
	for text != "" {
		before, _, after := cutCode(text)
		outside.WriteString(before)
		text = after
	}
	return outside.String()
}

// cutCode cuts a text around its first code span, which begins with backticks
// that are not escaped, and ends with as many.
func cutCode(text string) (before, code, after string) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '`':
			fence := text[i : len(text)-len(strings.TrimLeft(text[i:], "`"))]
			if end := strings.Index(text[i+len(fence):], fence); end >= 0 {
				end += i + 2*len(fence)
				return text[:i], text[i:end], text[end:]
			}
			i += len(fence) - 1
		}
	}
	return text, "", ""
}
