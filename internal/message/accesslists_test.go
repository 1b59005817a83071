package message

import (
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accesslist"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// TestAccessLists covers one list and several, in each language and in a zone where the day is
// another one.
func TestAccessLists(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	lists := []accesslist.List{
		{Name: "0193", Title: "Admins\u202e of\nall", Due: now.Add(-24 * time.Hour)},
		{Name: "nameless", Due: time.Date(2026, 3, 9, 23, 0, 0, 0, time.UTC)},
	}
	cluster := accessrequest.Cluster{Name: "prod", ProxyAddr: "teleport.example.com:443"}
	for l, want := range map[Language][2]string{
		English:  {"1 access list to review", "2 access lists to review"},
		German:   {"1 Zugriffsliste zu prüfen", "2 Zugriffslisten zu prüfen"},
		Spanish:  {"1 lista de acceso por revisar", "2 listas de acceso por revisar"},
		French:   {"1 liste d’accès à examiner", "2 listes d’accès à examiner"},
		Japanese: {"レビューが必要なアクセスリスト 1 件", "レビューが必要なアクセスリスト 2 件"},
		Korean:   {"검토할 액세스 목록 1개", "검토할 액세스 목록 2개"},
	} {
		w := Wording{Language: l, Zone: time.FixedZone("CET", 60*60)}
		one, two := w.AccessLists(lists[:1], cluster, now), w.AccessLists(lists, cluster, now)
		if got := [2]string{one.Status, two.Status}; got != want {
			t.Errorf("%s: %q, want %q", l, got, want)
		}
		items := two.Fields[0].Items
		if items[0].Text != "Admins of all" || items[1].Text != "nameless" || items[1].Limits[0].Values[0] != "2026-03-10" {
			t.Errorf("%s: items %+v", l, items)
		}
		if items[0].Limits[0].Words == items[1].Limits[0].Words {
			t.Errorf("%s: a list that is overdue looks like one that is not", l)
		}
		if !strings.HasSuffix(one.URL, "/web/accesslists/0193") || !strings.HasSuffix(two.URL, "/web/accesslists") {
			t.Errorf("%s: links %s and %s", l, one.URL, two.URL)
		}
	}
	if m := (Wording{}).AccessLists(lists, accessrequest.Cluster{}, now); m.URL != "" || len(m.Fields) != 1 {
		t.Errorf("unexpected %+v", m)
	}
}
