package slack

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// in changes a member of an object within a payload.
func in(payload map[string]any, name, member string, value any) {
	object, _ := payload[name].(map[string]any)
	changed := map[string]any{member: value}
	for k, v := range object {
		if k != member {
			changed[k] = v
		}
	}
	payload[name] = changed
}

// TestClicksThatAreNotOurs are acknowledged, and nothing comes of them.
func TestClicksThatAreNotOurs(t *testing.T) {
	action := func(changes map[string]any) []any {
		a := map[string]any{"type": "button", "action_id": "approve", "block_id": "review", "value": "r1/x"}
		for k, v := range changes {
			a[k] = v
		}
		return []any{a}
	}
	changes := map[string]func(p map[string]any){
		"another workspace": func(p map[string]any) { in(p, "team", "id", "T0ELSEWHERE") },
		"no workspace":      func(p map[string]any) { p["team"] = nil },
		"an organization":   func(p map[string]any) { p["team"] = nil; p["enterprise"] = map[string]any{"id": "E0ELSEWHERE"} },
		"another organization": func(p map[string]any) {
			p["is_enterprise_install"] = true
			in(p, "team", "id", "T1")
			in(p, "enterprise", "id", "E1")
		},
		"another app":  func(p map[string]any) { p["api_app_id"] = "A0ELSEWHERE" },
		"another kind": func(p map[string]any) { p["type"] = "block_suggestion" },
		"another's message": func(p map[string]any) {
			p["message"] = map[string]any{"user": "U0ELSEWHERE", "ts": p["container"].(map[string]any)["message_ts"]}
		},
		"no message":               func(p map[string]any) { delete(p, "message") },
		"a message of another id":  func(p map[string]any) { in(p, "container", "message_ts", "1700000000.000001") },
		"no id":                    func(p map[string]any) { in(p, "container", "message_ts", "x") },
		"a channel that is none":   func(p map[string]any) { in(p, "container", "channel_id", "../x") },
		"a view":                   func(p map[string]any) { in(p, "container", "type", "view") },
		"an attachment":            func(p map[string]any) { in(p, "container", "type", "message_attachment") },
		"what only one person saw": func(p map[string]any) { in(p, "container", "is_ephemeral", true) },
		"no account":               func(p map[string]any) { in(p, "user", "id", "") },
		"a name":                   func(p map[string]any) { in(p, "user", "id", "alice") },
		"nothing pressed":          func(p map[string]any) { p["actions"] = []any{} },
		"two pressed":              func(p map[string]any) { p["actions"] = append(action(nil), action(nil)...) },
		"a menu":                   func(p map[string]any) { p["actions"] = action(map[string]any{"type": "static_select"}) },
		"another block":            func(p map[string]any) { p["actions"] = action(map[string]any{"block_id": "other"}) },
		"another button":           func(p map[string]any) { p["actions"] = action(map[string]any{"action_id": "Approve"}) },
		"no value":                 func(p map[string]any) { p["actions"] = action(map[string]any{"value": ""}) },
		"a value that is too long": func(p map[string]any) { p["actions"] = action(map[string]any{"value": strings.Repeat("v", 2001)}) },
		"a number as value":        func(p map[string]any) { p["actions"] = action(map[string]any{"value": 7}) },
	}
	listening(t, func(t *testing.T, r *room) {
		changes["the bot itself"] = func(p map[string]any) { in(p, "user", "id", r.BotID()) }
		for what, change := range changes {
			if err := r.PressWith(r.ref.Channel, r.ref.ID, true, r.user, change); err != nil {
				t.Errorf("%s: %v, want it acknowledged", what, err)
			}
			if n := len(r.desk.clicks()); n > 0 {
				t.Fatalf("%s: %d clicks were decided", what, n)
			}
		}
		same := func(p map[string]any) { p["actions"] = action(nil) }
		if err := r.PressWith(r.ref.Channel, r.ref.ID, true, r.user, same); err != nil || len(r.desk.clicks()) != 1 {
			t.Errorf("what is not changed = %v, %d clicks; want one", err, len(r.desk.clicks()))
		}
	})
}

// TestClickInAnOrganization: a token of a whole organization has that in the place of a workspace.
func TestClickInAnOrganization(t *testing.T) {
	c := &socket{account: messenger.Account{Workspace: "E1", Bot: "U0BOT0000"}}
	i := interaction{IsEnterpriseInstall: true}
	i.Enterprise.ID, i.User.ID = "E1", "U0ALICE00"
	if !i.isOurs(c) {
		t.Error("a click in the organization is not ours")
	}
	i.IsEnterpriseInstall = false
	if i.isOurs(c) {
		t.Error("a click of an app that is in one workspace is ours")
	}
}

// TestFormsThatAreNotOurs are acknowledged, and nothing comes of them.
func TestFormsThatAreNotOurs(t *testing.T) {
	metadata := func(text string) func(map[string]any) {
		return func(p map[string]any) { in(p, "view", "private_metadata", text) }
	}
	for what, change := range map[string]func(map[string]any){
		"another form":      func(p map[string]any) { in(p, "view", "callback_id", "other") },
		"another person":    func(p map[string]any) { in(p, "user", "id", "U0MALLORY") },
		"another workspace": func(p map[string]any) { in(p, "team", "id", "T0ELSEWHERE") },
		"another app":       func(p map[string]any) { p["api_app_id"] = "A0ELSEWHERE" },
		"no click":          metadata(""),
		"a broken click":    metadata("{"),
		"an empty click":    metadata("{}"),
		"a foreign channel": metadata(`{"channel":"../x","ts":"1.000001","value":"v","by":"U0000000001"}`),
	} {
		listening(t, func(t *testing.T, r *room) {
			r.desk.respond = func() messenger.Response {
				return messenger.Response{Form: &messenger.Form{Title: "t", Label: "l", Send: "s", Cancel: "c", Max: 100}}
			}
			if err := r.Press(r.ref.Channel, r.ref.ID, true, r.user); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if err := r.SendFormWith(r.user, "because", change); err != nil {
				t.Errorf("%s: %v, want it acknowledged", what, err)
			}
			if n := len(r.desk.clicks()); n > 0 {
				t.Errorf("%s: %d clicks were decided", what, n)
			}
		})
	}
}

// TestFormsHaveRoomForNoMore than Slack takes, in any language.
func TestFormsHaveRoomForNoMore(t *testing.T) {
	listening(t, func(t *testing.T, r *room) {
		long := strings.Repeat("Ablehnungsgrund ", 200)
		for _, most := range []int{-1, 0, 1, 1 << 20} {
			r.desk.respond = func() messenger.Response {
				return messenger.Response{Form: &messenger.Form{Title: long, Label: long, Send: long, Cancel: long, Max: most}}
			}
			if err := r.Press(r.ref.Channel, r.ref.ID, true, r.user); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if form, open := r.Form(r.user); !open || form.Max != min(max(most, 1), maxInput) || count(form.Title) > maxFormWord {
				t.Fatalf("the form is %+v, %t", form, open)
			}
			if err := r.SendForm(r.user, "x"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestLateFormIsNotOpened: Slack takes a trigger for three seconds, and once.
func TestLateFormIsNotOpened(t *testing.T) {
	listening(t, func(t *testing.T, r *room) {
		r.desk.respond = func() messenger.Response {
			time.Sleep(4 * time.Second)
			return messenger.Response{Form: &messenger.Form{Title: "t", Label: "l", Send: "s", Cancel: "c", Max: 100}}
		}
		if err := r.Press(r.ref.Channel, r.ref.ID, true, r.user); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if _, open := r.Form(r.user); open || r.Calls()[callForm] != 1 {
			t.Errorf("a form is open: %t, after %d calls", open, r.Calls()[callForm])
		}
	})
}

// TestAnswersThatCannotBeTold cost nothing but the answer.
func TestAnswersThatCannotBeTold(t *testing.T) {
	listening(t, func(t *testing.T, r *room) {
		r.Faults().FailMethod(callTell, messengertest.Failure{Code: "user_not_in_channel"})
		r.press(t, "an answer that is refused")
		r.Faults().Clear()
		r.press(t, "after that")
		if n := len(r.PrivateAnswers(r.user)); n != 2 {
			t.Errorf("%d answers, want those to the second click", n)
		}
	})
}

func TestSeenForgetsTheOldest(t *testing.T) {
	var s seen
	if !s.first("envelope a", "trigger ") || s.first("envelope a", "trigger ") || s.first("envelope b", "trigger x", "envelope a") {
		t.Error("ids are not remembered")
	}
	if !s.first("envelope c", "trigger ") {
		t.Error("no id is taken for one")
	}
	for i := range 3 * maxSeen {
		s.first("n " + strings.Repeat("x", i%7) + time.Duration(i).String())
	}
	if n := len(s.last[0]) + len(s.last[1]); n > 2*maxSeen {
		t.Errorf("%d ids are remembered", n)
	}
}
