package slack

import (
	"context"
	"encoding/json"
	"sync"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// hear takes the interaction of a frame that was acknowledged. The desk bounds how many are taken
// at a time, and no work of it holds the connection up.
func (l *listener) hear(c *socket, f frame) {
	if !l.seen.first("envelope "+f.EnvelopeID, "trigger "+f.Interaction.TriggerID) {
		return
	}
	if click, ok := f.Interaction.press(c); ok {
		l.work(click.By, func(ctx context.Context) { l.press(ctx, click, f.Interaction.TriggerID) })
	} else if click, ok := f.Interaction.form(c); ok {
		l.work(click.By, func(ctx context.Context) { l.decide(ctx, click) })
	}
}

// work has the desk do what an account asks for, unless it does enough for that account. Even to
// tell one who floods that they press too often is a call: all of them would leave no room for
// others, whose clicks would be lost.
func (l *listener) work(account string, do func(ctx context.Context)) {
	if !l.busy.enter(account) {
		return
	}
	taken := l.desk.Go(func(ctx context.Context) {
		defer l.busy.leave(account)
		do(ctx)
	})
	if !taken {
		l.busy.leave(account)
	}
}

// busy counts what is done for each account. The zero value is ready.
type busy struct {
	mu sync.Mutex
	by map[string]int
}

// enter reports whether there is room for more, and takes it.
func (b *busy) enter(account string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.by[account] >= maxAtOnce {
		return false
	}
	if b.by == nil {
		b.by = map[string]int{}
	}
	b.by[account]++
	return true
}

func (b *busy) leave(account string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.by[account]--; b.by[account] == 0 {
		delete(b.by, account)
	}
}

func (l *listener) press(ctx context.Context, click messenger.Click, trigger string) {
	switch response := l.desk.Press(click); {
	case response.Refused != "":
		l.slack.tell(ctx, click, response.Refused)
	case response.Form != nil:
		l.slack.openForm(ctx, trigger, click, *response.Form)
	case response.Begun != "":
		l.slack.tell(ctx, click, response.Begun)
		l.decide(ctx, click)
	}
}

func (l *listener) decide(ctx context.Context, click messenger.Click) {
	l.slack.tell(ctx, click, l.desk.Decide(ctx, click))
}

// tell answers the account that has clicked, by chat.postEphemeral, which no other sees: with the
// bot's own token and at the address of all other calls, where the response_url of a click would
// be an address that whoever sends it may choose. A failure is not told: what a click came to,
// the message shows as well.
func (s *Slack) tell(ctx context.Context, click messenger.Click, answer string) {
	text := message.Cut(message.CleanLine(answer), maxAnswer, count)
	if text == "" {
		return
	}
	content := options(escaper.Replace(text), []slackapi.Block{slackapi.NewSectionBlock(plain(text), nil, nil)})
	_, _ = s.api(callTell, methodBucket(callTell)).PostEphemeralContext(ctx, click.Ref.Channel, click.By, content...)
}

// What identifies our form, and the reason in it.
const (
	formID   = "review"
	reasonID = "reason"
)

// formClick is the click that a form holds. Its reader sees nothing of it.
type formClick struct {
	Channel string `json:"channel"`
	TS      string `json:"ts"`
	Value   string `json:"value"`
	Approve bool   `json:"approve"`
	By      string `json:"by"`
}

// openForm asks for a reason. Slack takes a trigger for 3 seconds, so that a form that cannot be
// opened is not tried again: the reviewer presses again.
func (s *Slack) openForm(ctx context.Context, trigger string, click messenger.Click, form messenger.Form) {
	ctx, cancel := context.WithTimeout(ctx, triggerWithin)
	defer cancel()
	// It holds only strings: it always encodes.
	held, _ := json.Marshal(formClick{
		Channel: click.Ref.Channel, TS: click.Ref.ID, Value: click.Value, Approve: click.Approve, By: click.By,
	})
	_, _ = s.api(callForm, methodBucket(callForm)).OpenViewContext(ctx, trigger, formView(form, string(held)))
}

func formView(form messenger.Form, held string) slackapi.ModalViewRequest {
	reason := slackapi.NewPlainTextInputBlockElement(nil, reasonID).
		WithMultiline(true).WithMinLength(1).WithMaxLength(min(max(form.Max, 1), maxInput))
	return slackapi.ModalViewRequest{
		Type:            slackapi.VTModal,
		CallbackID:      formID,
		PrivateMetadata: held,
		Title:           plain(message.Cut(form.Title, maxFormWord, count)),
		Submit:          plain(message.Cut(form.Send, maxFormWord, count)),
		Close:           plain(message.Cut(form.Cancel, maxFormWord, count)),
		Blocks: slackapi.Blocks{BlockSet: []slackapi.Block{
			slackapi.NewInputBlock(reasonID, plain(message.Cut(form.Label, maxFormLabel, count)), nil, reason),
		}},
	}
}

// seen knows what was taken already, so that what Slack sends again is taken once. It remembers the
// last few thousand; Slack sends again within seconds.
type seen struct {
	mu   sync.Mutex
	last [2]map[string]struct{}
}

// first reports whether none of these ids was there before, and remembers them. An id that ends
// with a space is none.
func (s *seen) first(ids ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := true
	for _, id := range ids {
		if id[len(id)-1] != ' ' {
			first = !s.has(id) && first
			s.add(id)
		}
	}
	return first
}

func (s *seen) has(id string) bool {
	_, younger := s.last[0][id]
	_, older := s.last[1][id]
	return younger || older
}

// add forgets the older half when the younger one is full.
func (s *seen) add(id string) {
	if len(s.last[0]) >= maxSeen || s.last[0] == nil {
		s.last[0], s.last[1] = map[string]struct{}{}, s.last[0]
	}
	s.last[0][id] = struct{}{}
}
