package page

import (
	"fmt"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// click is a button that a person has pressed.
type click struct {
	id                                 int
	service, channel, message, account string
	// from is how many private answers the person had before.
	from int
}

// clickView is a click, and what came of it so far.
type clickView struct {
	ID      int    `json:"id"`
	Service string `json:"service"`
	Channel string `json:"channel"`
	Message string `json:"message"`
	// Account is the presser's. No other person is shown the rest.
	Account string `json:"account"`
	// Form is open before that person, unless it is nil.
	Form    *formView `json:"form,omitempty"`
	Answers []string  `json:"answers"`
}

// formView is a form that asks for a reason. A service that labels its buttons itself leaves their
// names empty.
type formView struct {
	Title  string `json:"title"`
	Label  string `json:"label"`
	Send   string `json:"send"`
	Cancel string `json:"cancel"`
	Max    int    `json:"max"`
}

// clicked is the answer to a press.
type clicked struct {
	ID int `json:"id"`
}

// press has a person press a button. What comes of it, the pages hear with the clicks.
func (s *Server) press(_ string, b body) (any, error) {
	chat, err := s.clicker(b.Service, b.Account)
	if err != nil {
		return nil, err
	}
	posts := chat.PostsIn(b.Channel)
	at := slices.IndexFunc(posts, func(p messengertest.Post) bool { return p.ID == b.Message })
	if at < 0 || posts[at].Direct && posts[at].User != b.Account {
		return nil, messengertest.ErrNoButton
	}
	id := s.note(click{
		service: b.Service, channel: b.Channel, message: b.Message, account: b.Account, from: len(chat.PrivateAnswers(b.Account)),
	})
	return clicked{ID: id}, chat.Press(b.Channel, b.Message, b.Approve, b.Account)
}

// sendForm has a person send the form that is open before them.
func (s *Server) sendForm(_ string, b body) (any, error) {
	chat, err := s.clicker(b.Service, b.Account)
	if err != nil {
		return nil, err
	}
	return struct{}{}, chat.SendForm(b.Account, b.Reason)
}

// note remembers a click in the place of the last one of the same account, and returns its id.
func (s *Server) note(c click) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	c.id = s.made
	s.clicks = slices.DeleteFunc(s.clicks, func(old click) bool { return old.service == c.service && old.account == c.account })
	s.clicks = append(s.clicks, c)
	return c.id
}

// clicker returns the service in which a person presses a button, whose account must be shown.
func (s *Server) clicker(service, account string) (messengertest.Clicker, error) {
	for _, w := range s.config.Workspaces {
		chat, ok := w.Chat.(messengertest.Clicker)
		if !ok || chat.Name() != service {
			continue
		}
		for _, place := range slices.Concat(w.Pressers, w.People) {
			if place.ID == account {
				return chat, nil
			}
		}
	}
	return nil, fmt.Errorf("no person of the page presses buttons in %q as %q", service, account)
}

// refreshClicks tells the pages what came of the clicks.
func (s *Server) refreshClicks() {
	s.mu.Lock()
	clicks := slices.Clone(s.clicks)
	s.mu.Unlock()
	views := make([]clickView, 0, len(clicks))
	for _, c := range clicks {
		// It was found when it was pressed.
		if chat, err := s.clicker(c.service, c.account); err == nil {
			views = append(views, c.view(chat))
		}
	}
	s.update("clicks", &s.seen, encode(views))
}

func (c click) view(chat messengertest.Clicker) clickView {
	view := clickView{ID: c.id, Service: c.service, Channel: c.channel, Message: c.message, Account: c.account, Answers: []string{}}
	for _, answer := range chat.PrivateAnswers(c.account)[c.from:] {
		view.Answers = append(view.Answers, answer.Text)
	}
	if form, open := chat.Form(c.account); open {
		view.Form = &formView{form.Title, form.Label, form.Send, form.Cancel, form.Max}
	}
	return view
}
