package wording_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/routing/match"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/wording"
)

var (
	cluster = accessrequest.Cluster{Name: "prod/eu", ProxyAddr: "teleport.example.com:443", WebReviews: true}
	asked   = accessrequest.Request{
		ID: "0193f1a2", User: "alice", Roles: []string{"editor"}, State: accessrequest.Pending, Reason: "INC-42 please",
		Annotations: map[string][]string{"services": {"db", "\u200b", "web\n*Status*"}},
		Created:     time.Date(2026, 7, 2, 9, 30, 0, 0, time.UTC), Expires: time.Date(2026, 7, 2, 22, 30, 0, 0, time.UTC),
	}
)

func extra(label, expression string) wording.ExtraField {
	return wording.ExtraField{Label: label, Value: match.Text(expression)}
}

func TestDescribe(t *testing.T) {
	w := wording.New(wording.Spec{
		Locale: "de", TimeZone: "Europe/Berlin", LinkTemplate: "https://portal.example.com/{cluster}/requests?id={id}",
		ExtraFields: []wording.ExtraField{
			extra("Dringend", `request.reason.startsWith("INC-") ? "ja" : "nein"`),
			extra("Dienste", `request.annotations["services"]`),
			extra("Leer", `request.annotations[?"ticket"].orValue([])`),
		},
	})
	m := w.Describe(asked, cluster)
	if got := w.Status(); got.Invalid != nil || got.LeftOut != nil {
		t.Errorf("status = %+v", got)
	}
	var labels []string
	for _, f := range m.Fields {
		labels = append(labels, f.Label)
	}
	want := []string{"Benutzer", "Rollen", "Begründung", "Cluster", "Dringend", "Dienste", "Anfrage läuft ab"}
	if diff := cmp.Diff(want, labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if m.URL != "https://portal.example.com/prod%2Feu/requests?id=0193f1a2" || m.LinkLabel() != "Anfrage prüfen" {
		t.Errorf("%s leads to %s", m.LinkLabel(), m.URL)
	}
	var services []string
	for _, item := range m.Fields[5].Items {
		services = append(services, item.Text)
	}
	if diff := cmp.Diff([]string{"db", "web *Status*"}, services); diff != "" || m.Fields[5].Own {
		t.Errorf("a further fact is not shown as typed text (-want +got):\n%s", diff)
	}
	if got := m.Language.Time(m.Fields[6].Time); got != "03.07.2026, 00:30 CEST" {
		t.Errorf("the request expires %s", got)
	}
	if neutral := message.New(asked, cluster).LeaveOut(7); m.LeaveOut(7).Digest() != neutral.Digest() || m.Digest() == neutral.Digest() {
		t.Error("the digest depends on the words")
	}
}

// TestWhatCannotBeUsedIsNamed, with its place, and the rest is used.
func TestWhatCannotBeUsedIsNamed(t *testing.T) {
	const noZone = `spec.message.timeZone: there is no time zone %q, and UTC is used: write a name such as Europe/Berlin`
	for name, tt := range map[string]struct {
		spec wording.Spec
		want string
	}{
		"nothing":           {wording.Spec{}, ""},
		"UTC":               {wording.Spec{TimeZone: "UTC", Locale: "en"}, ""},
		"a zone":            {wording.Spec{TimeZone: "Europe/Berlyn"}, strings.Replace(noZone, "%q", `"Europe/Berlyn"`, 1)},
		"the machine's own": {wording.Spec{TimeZone: "Local"}, strings.Replace(noZone, "%q", `"Local"`, 1)},
		"a file":            {wording.Spec{TimeZone: "../../etc/passwd"}, strings.Replace(noZone, "%q", `"../../etc/passwd"`, 1)},
		"a language":        {wording.Spec{Locale: "tlh"}, `spec.message.locale: there are no messages in "tlh", and English is used`},
		"http":              {wording.Spec{LinkTemplate: "http://a.example/{id}"}, "spec.message.linkTemplate: it must be an address that begins with https://"},
		"syntax":            {wording.Spec{ExtraFields: []wording.ExtraField{extra("a", `request.user +`)}}, "spec.message.extraFields[0].value:1:15: Syntax error: "},
		"an unknown field":  {wording.Spec{ExtraFields: []wording.ExtraField{extra("b", `"x"`), extra("a", `request.owner`)}}, "spec.message.extraFields[1].value:1:8: undefined field 'owner'"},
		"a number":          {wording.Spec{ExtraFields: []wording.ExtraField{extra("a", `size(request.roles)`)}}, "spec.message.extraFields[0].value:1:1: it must be a text or a list of texts, and is int"},
		"traits":            {wording.Spec{ExtraFields: []wording.ExtraField{extra("a", `user.traits["team"]`)}}, "spec.message.extraFields[0].value: it must not ask for the user: only the request is known here"},
	} {
		w := wording.New(tt.spec)
		got := strings.Join(w.Status().Invalid, "\n")
		if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
		if m := w.Describe(asked, cluster); m.Status != "Pending" || m.URL != "https://teleport.example.com/web/requests/0193f1a2" || m.LinkLabel() != "Review in Teleport" {
			t.Errorf("%s: the message says %q and leads to %q", name, m.Status, m.URL)
		}
	}
}

// TestAFactThatCannotBeToldIsLeftOut, named once with its place and without a requester's
// text, for as long as there is such a request.
func TestAFactThatCannotBeToldIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := wording.New(wording.Spec{ExtraFields: []wording.ExtraField{
			extra("Ticket", `request.annotations[request.user][0]`), extra("Who", `request.user`),
			extra("Too long", `request.roles.map(a, request.roles.map(b, a + b)[0])`),
		}})
		many := asked
		many.User = "SECRET"
		for range 400 {
			many.Roles = append(many.Roles, strings.Repeat("r", 300))
		}
		for range 3 {
			m := w.Describe(many, cluster)
			if i := len(m.Fields) - 1; m.Fields[i-1].Label != "Who" || m.Fields[i-1].Items[0].Text != "SECRET" {
				t.Errorf("facts %+v", m.Fields)
			}
		}
		want := status.Wording{LeftOut: []string{
			`spec.message.extraFields[0].value:1:34: it cannot be judged for some request: there is no such key: ask for it with "in" first`,
			`spec.message.extraFields[2].value: it takes too long to be judged for some request: shorten it`,
		}}
		if diff := cmp.Diff(want, w.Status()); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
		time.Sleep(31 * time.Minute)
		if got := w.Status(); got.LeftOut != nil {
			t.Errorf("half an hour later there is still %q", got.LeftOut)
		}
		w.Replace(wording.Spec{TimeZone: "x"})
		if got := w.Status(); len(got.Invalid) != 1 || len(w.Describe(many, cluster).Fields) >= len(want.LeftOut)+5 {
			t.Errorf("another spec is not used: %+v", got)
		}
	})
}

// TestAFurtherFactIsNoOther covers one under the label of a fact that short messages show: they
// show what Teleport says.
func TestAFurtherFactIsNoOther(t *testing.T) {
	approved := asked
	approved.State, approved.AccessExpires = accessrequest.Approved, asked.Created.Add(time.Hour)
	plain := wording.New(wording.Spec{})
	var extras []wording.ExtraField
	for _, f := range plain.Describe(approved, cluster).Fields {
		extras = append(extras, extra(f.Label, `request.reason`))
	}
	further := wording.New(wording.Spec{ExtraFields: extras})
	short := func(w *wording.Wording, r accessrequest.Request) (all []message.Message) {
		for _, m := range []message.Message{w.Describe(r, cluster), w.Describe(r, cluster).ToRequester()} {
			for _, note := range []message.Message{m.Remind(time.Hour, nil), m.Outcome(), m.EndsSoon(), m.Ended()} {
				note.Neutral, note.Known = nil, nil // what stands in the place of a whole message
				all = append(all, note)
			}
		}
		return all
	}
	nameless := approved
	nameless.User, nameless.Roles = "", nil
	for _, r := range []accessrequest.Request{approved, nameless, asked} {
		if diff := cmp.Diff(short(plain, r), short(further, r)); diff != "" {
			t.Errorf("short messages (-without +with further facts):\n%s", diff)
		}
	}
}

func TestLongFactsAreBounded(t *testing.T) {
	long := asked
	long.Reason = strings.Repeat("x", 100_000)
	m := wording.New(wording.Spec{ExtraFields: []wording.ExtraField{extra("a", `request.reason`)}}).Describe(long, cluster)
	if text := m.Fields[len(m.Fields)-2].Items[0].Text; len(text) > 1010 || !strings.HasSuffix(text, "more characters)") {
		t.Errorf("%d characters are kept", len(text))
	}
}

func TestCheckLink(t *testing.T) {
	for template, want := range map[string]bool{
		"https://teleport.example.com/web/requests/{id}":            true,
		"https://a.example:8443/{cluster}/x?id={id}&next=%2F,+;$=1": true,
		"https://a.example/{id}/{id}":                               true,
		"https://a.example/":                                        false,
		"https://a.example/{ID}":                                    false,
		"https://{id}.example/":                                     false,
		"https://a.example{id}":                                     false,
		"https://u@a.example/{id}":                                  false,
		"http://a.example/{id}":                                     false,
		"javascript:alert({id})":                                    false,
		"https://a.example/{id}|x":                                  false,
		"https://a.example/{id}#x":                                  false,
		"https://a.example/{id} x":                                  false,
		"https://a.example/{id}{user}":                              false,
		"https://a.example/é{id}":                                   false,
		"https://a.example/100%/{id}":                               false,
		"https://a.example/%{id}":                                   false,
		"https://a.example/%e2%82%AC/{id}":                          true,
	} {
		if err := message.CheckLink(template); (err == nil) != want {
			t.Errorf("CheckLink(%q) = %v", template, err)
		}
		if m := wording.New(wording.Spec{LinkTemplate: template}).Describe(asked, cluster); message.PageURL(m.URL, "") == "" {
			t.Errorf("with %q, the message has no link", template)
		}
	}
}
