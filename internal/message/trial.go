package message

import "github.com/accessnotifier/accessnotifier/internal/accessrequest"

// Trial is a message that shows that a recipient can be reached, and asks nothing of
// its readers. Done is what it is edited to once it is there.
func Trial(sender string, done bool) Message {
	m := Message{
		Title:  titleTrial,
		State:  accessrequest.Pending,
		Status: statusTrial,
		Fields: []Field{{Label: labelSender, Text: CleanLine(sender)}},
	}
	if done {
		m.State, m.Status = accessrequest.Approved, statusTrialDone
	}
	return m
}
