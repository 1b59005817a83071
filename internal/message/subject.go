package message

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Subject names a request in the same words from its beginning to its end, for a service that
// keeps the messages about it together by what they are called.
type Subject struct {
	// Title says what kind of request it is.
	Title string
	// User is who asks, and Asked are the roles, or else the resources, as people typed them.
	User  string
	Asked []string
}

func (w Wording) subject(r accessrequest.Request) Subject {
	s := Subject{Title: w.Language.title(r), User: CleanLine(r.User), Asked: cleanLines(r.Roles)}
	if len(s.Asked) == 0 {
		for _, resource := range r.Resources {
			s.Asked = append(s.Asked, CleanLine(resource.Name))
		}
		s.Asked = cleanLines(s.Asked)
	}
	return s
}

const (
	// maxSubjectUser and maxSubjectAsked bound who asks and for what in a subject, subjectID is
	// how much of the end of an id tells requests apart that are alike.
	maxSubjectUser, maxSubjectAsked = 64, 100
	subjectID                       = 6
)

// subject writes the subject of a message, which is its title if it is about no request.
func (w writer) subject(m Message) string {
	text := w.words(m.Subject.Title, "", w.max.Title)
	if text == "" {
		return w.words(m.Title, NoTitle, w.max.Title)
	}
	if user := w.Value(m.Subject.User, maxSubjectUser); user != "" {
		text = w.language.Say(fromWords, text, user)
	}
	var asked []string
	for _, one := range m.Subject.Asked {
		asked = append(asked, w.Value(one, maxSubjectAsked))
	}
	if asked = w.language.CutItems(asked, 0, maxSubjectAsked, ", ", w.Count); len(asked) > 0 {
		text = w.language.Say(labelledWords, text, strings.Join(asked, ", "))
	}
	if id := CleanLine(m.RequestID); len(id) >= subjectID && plainID(id) {
		text += " (" + id[len(id)-subjectID:] + ")"
	}
	return text
}
