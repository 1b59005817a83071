package page_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"
)

// seen is what the page knows of a button that was pressed.
type seen struct {
	ID                                 int
	Service, Channel, Message, Account string
	Form                               *struct {
		Title string
		Max   int
	}
	Answers []string
}

// The answers of a bot of Discord: one to who has pressed alone, and a form.
const (
	toldAlone = `{"type":4,"data":{"content":"Counted","flags":64}}`
	asksWhy   = `{"type":9,"data":{"custom_id":"why","title":"Approve","components":[` +
		`{"type":18,"label":"Reason","component":{"type":4,"custom_id":"reason","style":2,"max_length":200}}]}}`
)

// answers make the service hear one thing after the other, and the last one again and again.
func (w *world) answers(all ...string) {
	w.discord.CallTo(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, all[0])
		all = all[min(1, len(all)-1):]
	}))
}

// button is what the page sends of a button of the only message.
func (w *world) button(t *testing.T, account string) string {
	t.Helper()
	posts := w.discord.Posts()
	body, err := json.Marshal(map[string]any{
		"service": "discord", "channel": w.server, "message": posts[len(posts)-1].ID, "account": account, "approve": true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func (w *world) clicks(t *testing.T) []seen {
	t.Helper()
	_, body := do(t, newRequest(t, http.MethodGet, w.url+"/api/state", ""))
	var state struct{ Clicks []seen }
	if err := json.Unmarshal([]byte(body), &state); err != nil {
		t.Fatal(err)
	}
	return state.Clicks
}

func TestOnlyWhoHasPressedIsTold(t *testing.T) {
	w := start(t)
	w.answers(toldAlone)
	w.postButtons(t)
	for _, account := range []string{w.reviewer, w.guest, w.reviewer} {
		if status, answer := w.act(t, "/api/clicks", w.button(t, account)); status != http.StatusOK {
			t.Fatalf("got %d %s", status, answer)
		}
	}
	var told []string
	for _, c := range w.clicks(t) {
		told = append(told, c.Account)
		if !slices.Equal(c.Answers, []string{"Counted"}) {
			t.Errorf("%s was told %q by the last press, want one answer", c.Account, c.Answers)
		}
		if c.Service != "discord" || c.Channel != w.server || c.Message == "" {
			t.Errorf("the answer is about another message: %+v", c)
		}
	}
	if want := []string{w.guest, w.reviewer}; !slices.Equal(told, want) {
		t.Errorf("told were %q, want %q, each once", told, want)
	}
}

func TestAFormAsksForAReason(t *testing.T) {
	w := start(t)
	w.answers(asksWhy, toldAlone)
	w.postButtons(t)
	if status, answer := w.act(t, "/api/clicks", w.button(t, w.reviewer)); status != http.StatusOK {
		t.Fatalf("got %d %s", status, answer)
	}
	if c := w.clicks(t)[0]; c.Form == nil || c.Form.Title != "Approve" || c.Form.Max != 200 || len(c.Answers) > 0 {
		t.Fatalf("the page shows %+v, want a form", c)
	}
	form := `{"service":"discord","account":"` + w.reviewer + `","reason":"fine"}`
	if status, answer := w.act(t, "/api/forms", form); status != http.StatusOK {
		t.Fatalf("got %d %s", status, answer)
	}
	if c := w.clicks(t)[0]; c.Form != nil || !slices.Equal(c.Answers, []string{"Counted"}) {
		t.Errorf("the page shows %+v, want an answer", c)
	}
}

func TestWhatCannotBePressed(t *testing.T) {
	w := start(t)
	w.answers(`{"type":99}`)
	w.postButtons(t)
	stranger := w.discord.AddUser("stranger@example.com")
	tests := map[string]struct{ path, body string }{
		"as a stranger":           {"/api/clicks", w.button(t, stranger)},
		"an answer that is none":  {"/api/clicks", w.button(t, w.reviewer)},
		"a message that is not":   {"/api/clicks", `{"service":"discord","channel":"` + w.server + `","message":"1","account":"` + w.reviewer + `"}`},
		"in no service":           {"/api/clicks", `{"service":"irc"}`},
		"a form that is not open": {"/api/forms", `{"service":"discord","account":"` + w.reviewer + `","reason":"x"}`},
		"a stranger's form":       {"/api/forms", `{"service":"discord","account":"` + stranger + `","reason":"x"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if status, answer := w.act(t, tt.path, tt.body); status != http.StatusConflict {
				t.Errorf("got %d %s, want a refusal", status, answer)
			}
		})
	}
}

// No person presses below what another reads alone.
func TestDirectMessagesAreTheirReaders(t *testing.T) {
	w := start(t)
	w.answers(toldAlone)
	direct := w.openDirect(t, w.reviewer)
	w.postButtonsIn(t, direct)
	for account, want := range map[string]int{w.reviewer: http.StatusOK, w.guest: http.StatusConflict} {
		posts := w.discord.PostsIn(direct)
		body := `{"service":"discord","channel":"` + direct + `","message":"` + posts[0].ID + `","account":"` + account + `","approve":true}`
		if status, answer := w.act(t, "/api/clicks", body); status != want {
			t.Errorf("%s presses: got %d %s, want %d", account, status, answer, want)
		}
	}
}
