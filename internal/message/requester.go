package message

import (
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// ToRequester is the message as who asks should read it: about a request of their own, which
// they cannot decide on.
func (m Message) ToRequester() Message {
	own := m
	own.ToOwner, own.Title, own.Commands, own.Buttons = true, m.Language.Say(titleOwn), nil, nil
	if m.State == accessrequest.Pending {
		own.Title = m.Language.Say(titleReceived)
	}
	if at := m.find(LabelUser); at >= 0 {
		own.Fields = slices.Delete(slices.Clone(m.Fields), at, at+1)
	}
	return own.worded(Message.ToRequester)
}

// Outcome is a short message to the requester that follows this one: how the request ended.
func (m Message) Outcome() Message {
	note := m.follow(m.State, m.Status, labelRoles, labelResources, labelStarts, labelEnds, labelList)
	note.StatusReason, note.URL = m.StatusReason, m.URL
	note.Reviews = m.Reviews[max(len(m.Reviews)-1, 0):]
	return note.worded(Message.Outcome)
}

// EndsSoon is a short message to the requester that follows this one: that the access is about
// to end.
func (m Message) EndsSoon() Message {
	note := m.follow(accessrequest.Pending, m.Language.Say(statusEndsSoon), labelRoles, labelResources, labelEnds)
	note.URL, note.Occasion = m.URL, AccessEndsSoon
	return note.worded(Message.EndsSoon)
}

// Ended is a short message to the requester that follows this one: that the access has ended.
// Teleport has no more to say of it.
func (m Message) Ended() Message {
	note := m.follow(accessrequest.Expired, m.Language.Say(statusEnded), labelRoles, labelResources)
	note.Occasion = AccessEnded
	return note.worded(Message.Ended)
}

// follow makes a short message that shows some of the facts. It is marked as a state is.
func (m Message) follow(mark accessrequest.State, status string, facts ...string) Message {
	note := Message{
		Language: m.Language, RequestID: m.RequestID, Title: m.Title, State: mark, Status: status,
		ToOwner: m.ToOwner, Neutral: m.Neutral, Subject: m.Subject,
	}
	for _, label := range facts {
		if at := m.find(label); at >= 0 {
			note.Fields = append(note.Fields, m.Fields[at])
		}
	}
	return note
}

// worded makes the same of the message in the words of New, if there is one.
func (m Message) worded(change func(Message) Message) Message {
	if m.Neutral != nil {
		neutral := change(*m.Neutral)
		m.Neutral = &neutral
	}
	return m
}
