package card

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// entity says whom a text in the card mentions: by the object id in Microsoft Entra, which
// cards take in place of the id that Teams has
// (https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format#mention-support-within-adaptive-cards).
type entity struct {
	Type      string    `json:"type"`
	Text      string    `json:"text"`
	Mentioned mentioned `json:"mentioned"`
}

type mentioned struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// maxName is how much of a name is shown.
const maxName = 60

// Mention is how a message mentions a person, by the object id and the name.
func Mention(id, name string) string {
	return fmt.Sprintf(`<at id="%s">%s</at>`, id, nameOf(name))
}

var mention = regexp.MustCompile(`^<at id="([0-9a-f-]{36})">([^<>]+)</at>$`)

// nameOf leaves of a name what is no markup. Names of people can be theirs to choose.
func nameOf(name string) string {
	kept := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.L, unicode.M, unicode.N) || strings.ContainsRune(" .,'-", r) {
			return r
		}
		return ' '
	}, message.CleanLine(name))
	runes := []rune(kept)
	return message.CleanLineOr(string(runes[:min(len(runes), maxName)]), "reviewer")
}

// mention adds a line with whom the message mentions. Each text stands for one person.
func (p *page) mention(mentions []string) {
	var texts []string
	seen := map[string]int{}
	for _, m := range mentions {
		parts := mention.FindStringSubmatch(m)
		if parts == nil {
			continue
		}
		text := parts[2]
		if seen[text]++; seen[text] > 1 {
			text = fmt.Sprintf("%s %d", text, seen[text])
		}
		text = "<at>" + text + "</at>"
		texts = append(texts, text)
		p.entities = append(p.entities, entity{Type: "mention", Text: text, Mentioned: mentioned{ID: parts[1], Name: parts[2]}})
	}
	if len(texts) > 0 {
		p.add(element{Type: "TextBlock", Text: strings.Join(texts, ", "), Wrap: true})
	}
}
