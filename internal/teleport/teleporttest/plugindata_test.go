package teleporttest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/types"
)

func TestPluginDataUpdates(t *testing.T) {
	type m = map[string]string
	s := ForTest(t, Options{})
	clt := connect(t, s, PluginRole)
	id := must(s.CreateRequest(RequestSpec{}))(t)
	for _, tt := range []struct {
		name        string
		expect, set m
		fails       string
		want        m
	}{
		{"value expected of nothing", m{"a": "1"}, m{"a": "2"}, `field "a"`, nil},
		{"absent expected of nothing", m{"a": ""}, m{"a": "1"}, "", m{"a": "1"}},
		{"absent expected of a value", m{"a": ""}, m{"a": "2"}, `field "a"`, m{"a": "1"}},
		{"another value expected", m{"a": "2"}, m{"a": "3"}, `field "a"`, m{"a": "1"}},
		{"one of two expectations fails", m{"a": "1", "b": "1"}, m{"a": "3"}, `field "b"`, m{"a": "1"}},
		{"second key", m{"b": ""}, m{"b": "1"}, "", m{"a": "1", "b": "1"}},
		{"delete a key", m{"a": "1"}, m{"a": ""}, "", m{"b": "1"}},
		{"delete the last key", nil, m{"b": ""}, "", nil},
	} {
		err := clt.UpdatePluginData(t.Context(), update(id, "p", tt.expect, tt.set))
		switch {
		case tt.fails != "":
			wantErr(t, err, "CompareFailed", "expectations not met for "+tt.fails)
		case err != nil:
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, s.PluginData(id, "p")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestPluginDataFilters(t *testing.T) {
	s := ForTest(t, Options{})
	clt := connect(t, s, PluginRole)
	one, two := must(s.CreateRequest(RequestSpec{}))(t), must(s.CreateRequest(RequestSpec{}))(t)
	for _, w := range []struct{ id, plugin string }{{one, "p"}, {one, "q"}, {two, "q"}} {
		if err := s.WritePluginData(w.id, w.plugin, map[string]string{"k": w.plugin}); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		resource, plugin string
		want             int
	}{{"", "", 2}, {"", "p", 1}, {"", "q", 2}, {one, "", 1}, {one, "p", 1}, {two, "p", 0}, {"none", "", 0}} {
		filter := types.PluginDataFilter{Kind: types.KindAccessRequest, Resource: tt.resource, Plugin: tt.plugin}
		if got := must(clt.GetPluginData(t.Context(), filter))(t); len(got) != tt.want {
			t.Errorf("%q %q: %d records, want %d", tt.resource, tt.plugin, len(got), tt.want)
		}
	}
	_, err := clt.GetPluginData(t.Context(), types.PluginDataFilter{Kind: types.KindRole})
	wantErr(t, err, "BadParameter", "role")
}

func TestPluginDataAnswerOverFourMegabytes(t *testing.T) {
	s := ForTest(t, Options{})
	clt := connect(t, s, PluginRole)
	for range 5 {
		id := must(s.CreateRequest(RequestSpec{}))(t)
		if err := s.WritePluginData(id, "p", map[string]string{"k": strings.Repeat("x", 900_000)}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := clt.GetPluginData(t.Context(), types.PluginDataFilter{Kind: types.KindAccessRequest, Plugin: "p"})
	wantErr(t, err, "LimitExceeded", "received message larger than max")
}

func TestCorruptPluginData(t *testing.T) {
	s := ForTest(t, Options{})
	clt := connect(t, s, PluginRole)
	for _, id := range []string{must(s.CreateRequest(RequestSpec{}))(t), "no-such-request"} {
		if err := s.CorruptPluginData(id, "p", "k", "{"); err != nil {
			t.Fatal(err)
		}
		got := must(clt.GetPluginData(t.Context(), types.PluginDataFilter{Kind: types.KindAccessRequest, Resource: id}))(t)
		if len(got) != 1 || got[0].Entries()["p"].Data["k"] != "{" {
			t.Errorf("%s: %v", id, got)
		}
	}
}
