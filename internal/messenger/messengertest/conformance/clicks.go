package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// clickParts are those for a messenger with buttons.
func clickParts(s Subject) []part {
	all := []part{
		{"buttons", checkButtons},
		{"buttons come and go", checkButtonsComeAndGo},
		{"click", checkClick},
		{"refused click", checkRefusedClick},
		{"form", checkForm},
		{"hostile click", checkHostileClick},
		{"hostile answer", checkHostileAnswer},
		{"slow desk", checkSlowDesk},
		{"busy desk", checkBusyDesk},
		{"desk that panics", checkPanickingDesk},
		{"many clicks", checkManyClicks},
	}
	if s.Redelivers {
		all = append(all, part{"click that comes twice", checkRepeatedClick})
	}
	return all
}

// wantButtons checks what a reader can press.
func (b *bench) wantButtons(t *testing.T, what string, ref messenger.Ref, want ...messengertest.Button) {
	t.Helper()
	got := b.sim.(messengertest.Clicker).Buttons(ref.Channel, ref.ID)
	for i := range got {
		if b.subject.Wraps {
			got[i].Value = want[min(i, len(want)-1)].Value
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s has the buttons %+v, want %+v", what, got, want)
	}
}

// checkButtons checks which messages have buttons, and which.
func checkButtons(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	both := offered(true)
	approve := messengertest.Button{Approve: true, Label: "Approve", Value: both.ButtonValue()}
	deny := messengertest.Button{Label: "Deny", Value: both.ButtonValue()}
	b.wantButtons(t, "a message", b.post(t, both, ""), approve, deny)
	b.wantButtons(t, "a message to deny only", b.post(t, offered(false), ""), deny)
	b.wantButtons(t, "a message that is not offered", b.post(t, sample(accessrequest.Pending), ""))
	resolved := sample(accessrequest.Approved).Offer(buttons(true))
	b.wantButtons(t, "a resolved request", b.post(t, resolved, ""))
	plain := both
	plain.Plain = true
	b.wantButtons(t, "a plain message", b.post(t, plain, ""))
	for _, language := range []message.Language{message.German, message.Japanese} {
		in := message.Wording{Language: language}.Describe(request(), cluster, nil).Offer(buttons(true))
		ref := b.post(t, in, "")
		for _, button := range b.sim.(messengertest.Clicker).Buttons(ref.Channel, ref.ID) {
			if button.Label != language.Say(message.ButtonApprove) && button.Label != language.Say(message.ButtonDeny) {
				t.Errorf("in %s a button is labelled %q", language, button.Label)
			}
		}
	}
}

// checkButtonsComeAndGo checks that an update changes the buttons, too.
func checkButtonsComeAndGo(t *testing.T, subject Subject) {
	if !subject.can().Edit {
		return
	}
	b := inMemory(t, subject, messengertest.Options{})
	none, both := sample(accessrequest.Pending), offered(true)
	approve := messengertest.Button{Approve: true, Label: "Approve", Value: both.ButtonValue()}
	deny := messengertest.Button{Label: "Deny", Value: both.ButtonValue()}
	plain := both
	plain.Plain = true
	ref := b.post(t, none, "")
	for i, step := range []struct {
		show message.Message
		want []messengertest.Button
	}{
		{both, []messengertest.Button{approve, deny}},
		{offered(false), []messengertest.Button{deny}},
		{none, nil},
		{both, []messengertest.Button{approve, deny}},
		{plain, nil},
		{both, []messengertest.Button{approve, deny}},
		{sample(accessrequest.Denied), nil},
	} {
		b.update(t, ref, step.show)
		b.wantButtons(t, fmt.Sprintf("step %d", i), ref, step.want...)
	}
}

// checkClick checks that a press reaches the desk as it was made, and that only who has pressed
// hears of it.
func checkClick(t *testing.T, subject Subject) {
	desk := &testDesk{}
	clicking(t, subject, desk, func(t *testing.T, b *clickBench) {
		ref, value := b.offer(t)
		user, other := b.sim.AddUser(email), b.sim.AddUser("bob@example.com")
		for _, approve := range []bool{true, false} {
			b.press(t, ref, approve, user)
			decided := desk.decisions()
			got := decided[len(decided)-1]
			got.Workspace = ""
			want := messenger.Click{Ref: ref, Approve: approve, Value: value, By: user}
			if got != want {
				t.Errorf("the click is %+v, want %+v", got, want)
			}
			b.wantLast(t, "a click", user, decidedText)
		}
		if n := len(desk.presses()); n != 2 || len(desk.decisions()) != 2 {
			t.Errorf("2 clicks were pressed %d times, and decided %d times", n, len(desk.decisions()))
		}
		if told := b.told(other); len(told) > 0 {
			t.Errorf("who has pressed nothing was told %q", told)
		}
		b.wantUntouched(t, ref)
		if err := b.clicks.Press(ref.Channel, subject.Absent, true, user); !errors.Is(err, messengertest.ErrNoButton) {
			t.Errorf("a press below a message that there is not = %v", err)
		}
		if err := b.clicks.Press(ref.Channel, b.post(t, sample(accessrequest.Pending), "").ID, true, user); !errors.Is(err, messengertest.ErrNoButton) {
			t.Errorf("a press below a message without buttons = %v", err)
		}
	})
}

// checkRefusedClick checks that the desk's refusal is told, and nothing decided.
func checkRefusedClick(t *testing.T, subject Subject) {
	desk := &testDesk{press: func(messenger.Click) messenger.Response { return messenger.Response{Refused: refusedText} }}
	clicking(t, subject, desk, func(t *testing.T, b *clickBench) {
		ref, _ := b.offer(t)
		user := b.sim.AddUser(email)
		b.press(t, ref, true, user)
		b.wantLast(t, "a refused click", user, refusedText)
		if n := len(desk.decisions()); n > 0 {
			t.Errorf("%d refused clicks were decided", n)
		}
		b.wantUntouched(t, ref)
	})
}

// checkForm checks that a reason is asked for, and handed on as it was typed.
func checkForm(t *testing.T, subject Subject) {
	form := messenger.Form{Title: "Deny request", Label: "Your reason", Send: "Send", Cancel: "Cancel", Max: 200}
	desk := &testDesk{press: func(messenger.Click) messenger.Response { return messenger.Response{Form: &form} }}
	clicking(t, subject, desk, func(t *testing.T, b *clickBench) {
		ref, value := b.offer(t)
		user, other := b.sim.AddUser(email), b.sim.AddUser("bob@example.com")
		for i, reason := range []string{"Not today", "<!channel> @everyone *b* \"q\" {\"a\":1} é\nsecond line"} {
			b.press(t, ref, false, user)
			shown, open := b.clicks.Form(user)
			if want := (messengertest.Form{Title: form.Title, Label: form.Label, Send: form.Send, Cancel: form.Cancel, Max: form.Max}); !open || shown != b.subject.form(want) {
				t.Fatalf("the form is %+v, %t; want %+v", shown, open, want)
			}
			if _, open := b.clicks.Form(other); open {
				t.Error("who has pressed nothing sees a form")
			}
			if n := len(desk.decisions()); n != i {
				t.Fatalf("%d clicks were decided before form %d was sent", n, i)
			}
			if err := b.clicks.SendForm(user, reason); err != nil {
				t.Fatalf("SendForm: %v", err)
			}
			synctest.Wait()
			decided := desk.decisions()
			got := decided[len(decided)-1]
			got.Workspace = ""
			if want := (messenger.Click{Ref: ref, Value: value, Reason: reason, By: user}); len(decided) != i+1 || got != want {
				t.Errorf("the click is %+v, want %+v", got, want)
			}
			if _, open := b.clicks.Form(user); open {
				t.Error("the form stays open")
			}
			b.wantLast(t, "a form", user, decidedText)
		}
		if n := len(desk.presses()); n != 2 {
			t.Errorf("2 presses were pressed %d times", n)
		}
		b.wantUntouched(t, ref)
	})
}

// checkHostileClick checks that of a click that nobody can make nothing reaches the desk but what
// it was.
func checkHostileClick(t *testing.T, subject Subject) {
	desk := &testDesk{press: func(messenger.Click) messenger.Response { return messenger.Response{Refused: refusedText} }}
	clicking(t, subject, desk, func(t *testing.T, b *clickBench) {
		ref, _ := b.offer(t)
		bare := b.post(t, sample(accessrequest.Pending), "")
		user := b.sim.AddUser(email)
		values := []string{"", "/", "x", "../../x", strings.Repeat("v", 5000), "a\x00b", "\xff", "\n", `"}`, "<!channel>"}
		for _, text := range corpus(user) {
			values = append(values, text)
		}
		for _, at := range []messenger.Ref{ref, bare} {
			for _, value := range values {
				before := len(desk.presses())
				err := b.clicks.Forge(at.Channel, at.ID, true, user, value)
				if err != nil && !errors.Is(err, messengertest.ErrNotTaken) {
					t.Fatalf("Forge of %q: %v", value, err)
				}
				synctest.Wait()
				for _, c := range desk.presses()[before:] {
					if c.Ref != at || c.By != user || c.Value != strings.ToValidUTF8(value, "\ufffd") {
						t.Errorf("the forged value %q becomes %+v", value, c)
					}
				}
			}
		}
		if n := len(desk.decisions()); n > 0 {
			t.Errorf("%d refused clicks were decided", n)
		}
		b.press(t, ref, true, user)
		b.wantLast(t, "a click after all that", user, refusedText)
	})
}

// checkHostileAnswer checks that nothing in an answer is markup: it may hold a name that others
// chose.
func checkHostileAnswer(t *testing.T, subject Subject) {
	var answer string
	desk := &testDesk{
		press: func(messenger.Click) messenger.Response { return messenger.Response{Begun: "Counted as " + answer} },
		decide: func(context.Context, messenger.Click) string {
			return "Counted as " + answer
		},
	}
	clicking(t, subject, desk, func(t *testing.T, b *clickBench) {
		ref, _ := b.offer(t)
		user := b.sim.AddUser(email, messengertest.Named(alice))
		all := corpus(user)
		for name, text := range unseen {
			all[name] = text
		}
		for name, text := range all {
			answer = text
			b.press(t, ref, true, user)
			answers := b.clicks.PrivateAnswers(user)
			if len(answers) == 0 {
				t.Fatalf("%s: the person was told nothing", name)
			}
			told := answers[len(answers)-1]
			if len(told.Mentions) > 0 || len(told.Links) > 0 || strings.Contains(told.Text, "Click (https://evil.example") {
				t.Errorf("%s: the answer %q mentions %q, and links to %q", name, told.Text, told.Mentions, told.Links)
			}
			if i := strings.IndexFunc(told.Text, hidden); i >= 0 {
				t.Errorf("%s: the answer %q holds what cannot be seen", name, told.Text)
			}
			if _, cannotBeSeen := unseen[name]; !cannotBeSeen {
				wantLiterally(t, name, told.Text, message.CleanLine("Counted as "+text))
			}
		}
		b.wantUntouched(t, ref)
	})
}

// checkSlowDesk checks that a press is acknowledged in time, however long the decision takes, and
// that it holds no other up.
func checkSlowDesk(t *testing.T, subject Subject) {
	desk := &testDesk{decide: func(ctx context.Context, c messenger.Click) string {
		if c.Approve {
			wait(ctx, time.Minute)
		}
		return decidedText
	}}
	clicking(t, subject, desk, func(t *testing.T, b *clickBench) {
		ref, _ := b.offer(t)
		slow, quick := b.sim.AddUser(email), b.sim.AddUser("bob@example.com")
		start := time.Now()
		b.press(t, ref, true, slow)
		if took := time.Since(start); took >= 3*time.Second {
			t.Errorf("the press was acknowledged after %s", took)
		}
		start = time.Now()
		b.press(t, ref, false, quick)
		if took := time.Since(start); took >= time.Second {
			t.Errorf("another's press waited for %s", took)
		}
		b.wantLast(t, "a quick decision", quick, decidedText)
		wait(t.Context(), 3*time.Second)
		b.wantLast(t, "a slow decision", slow, begunText)
		wait(t.Context(), time.Minute)
		if !subject.TellsAtOnce {
			b.wantLast(t, "a slow decision at last", slow, decidedText)
		}
	})
}

// wait waits for a while, or the end of ctx.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// checkBusyDesk checks that a desk which takes no work loses that click only.
func checkBusyDesk(t *testing.T, subject Subject) {
	desk := &testDesk{}
	clicking(t, subject, desk, func(t *testing.T, b *clickBench) {
		ref, _ := b.offer(t)
		user := b.sim.AddUser(email)
		desk.setBusy(true)
		// A service that waits for the answer may show that there is none.
		if err := b.clicks.Press(ref.Channel, ref.ID, true, user); err != nil && !errors.Is(err, messengertest.ErrNotTaken) {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := len(desk.decisions()); n > 0 {
			t.Errorf("a busy desk decided %d clicks", n)
		}
		if slices.Contains(b.told(user), decidedText) {
			t.Error("the person was told of a decision that nobody made")
		}
		desk.setBusy(false)
		b.press(t, ref, true, user)
		b.wantLast(t, "a click after that", user, decidedText)
	})
}

// checkPanickingDesk checks that a panic costs one click.
func checkPanickingDesk(t *testing.T, subject Subject) {
	var inPress, inDecide bool
	desk := &testDesk{
		press: func(messenger.Click) messenger.Response {
			if inPress {
				panic("press")
			}
			return messenger.Response{Begun: begunText}
		},
		decide: func(context.Context, messenger.Click) string {
			if inDecide {
				panic("decide")
			}
			return decidedText
		},
	}
	clicking(t, subject, desk, func(t *testing.T, b *clickBench) {
		ref, _ := b.offer(t)
		user := b.sim.AddUser(email)
		for _, where := range []*bool{&inPress, &inDecide} {
			*where = true
			if err := b.clicks.Press(ref.Channel, ref.ID, true, user); err != nil && !errors.Is(err, messengertest.ErrNotTaken) {
				t.Fatal(err)
			}
			synctest.Wait()
			if slices.Contains(b.told(user), decidedText) {
				t.Error("the person was told of a decision that ended in a panic")
			}
			*where = false
		}
		b.press(t, ref, true, user)
		b.wantLast(t, "a click after two panics", user, decidedText)
	})
}

// checkManyClicks checks that each of many who press at a time is told of their own click.
func checkManyClicks(t *testing.T, subject Subject) {
	const people = 40
	desk := &testDesk{decide: func(_ context.Context, c messenger.Click) string { return "Counted for " + c.By }}
	clicking(t, subject, desk, func(t *testing.T, b *clickBench) {
		ref, _ := b.offer(t)
		var users []string
		for i := range people {
			users = append(users, b.sim.AddUser(fmt.Sprintf("user%d@example.com", i)))
		}
		failed := make(chan error, people)
		for i, user := range users {
			go func() { failed <- b.clicks.Press(ref.Channel, ref.ID, i%2 == 0, user) }()
		}
		for range users {
			if err := <-failed; err != nil {
				t.Errorf("Press: %v", err)
			}
		}
		synctest.Wait()
		if n := len(desk.decisions()); n != people {
			t.Errorf("%d clicks were decided, want %d", n, people)
		}
		for _, user := range users {
			b.wantLast(t, "one of many", user, "Counted for "+user)
		}
	})
}

// checkRepeatedClick checks that a press which the service hands on twice is one.
func checkRepeatedClick(t *testing.T, subject Subject) {
	desk := &testDesk{}
	clicking(t, subject, desk, func(t *testing.T, b *clickBench) {
		ref, _ := b.offer(t)
		user := b.sim.AddUser(email)
		b.press(t, ref, true, user)
		for range 3 {
			if err := b.clicks.Repeat(); err != nil {
				t.Fatalf("Repeat: %v", err)
			}
			synctest.Wait()
		}
		if pressed, decided := len(desk.presses()), len(desk.decisions()); pressed != 1 || decided != 1 {
			t.Errorf("one click was pressed %d times, and decided %d times", pressed, decided)
		}
		b.press(t, ref, true, user)
		if decided := len(desk.decisions()); decided != 2 {
			t.Errorf("a second press makes %d decisions", decided)
		}
	})
}
