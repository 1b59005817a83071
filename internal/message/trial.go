package message

import "github.com/accessnotifier/accessnotifier/internal/accessrequest"

// Trial is a message that shows that a recipient can be reached, and asks nothing of
// its readers. Done is what it is edited to once it is there.
func (l Language) Trial(sender string, done bool) Message {
	m := Message{
		Language: l,
		Title:    l.Say(titleTrial),
		State:    accessrequest.Pending,
		Status:   l.Say(statusTrial),
		Occasion: Trial,
		Fields:   []Field{{Name: names[labelSender], Label: l.Say(labelSender), Text: CleanLine(sender)}},
	}
	if done {
		m.State, m.Status = accessrequest.Approved, l.Say(statusTrialDone)
	}
	return m
}
