package chart

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"sigs.k8s.io/yaml"
)

// harmless is a text, and the name of a thing, that means nothing in YAML.
const harmless = "harmless"

// likeHarmless are texts of the forms that values may have to have. One that is as long as any
// other, and found in nothing else.
var likeHarmless = []string{
	harmless, "https://harmless.example.com", "harmless.example.com:443", "/harmless", "7s",
	"harmless@example.com", "#harmless", "harmless-key",
}

// nasty are texts that mean something in YAML, in templates, or are not expected.
var nasty = []string{
	"", " ", "true", "null", "1", "1e3", "0x1F", "~", "2026-01-02", "a: b", "a #b", "#a", "- a", "{a: b}", "[a]", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a`",
	`"`, `'`, `\`, "a\nb: c", "a\n---\nkind: Evil", "{{ .Values }}", "{{", "}}", "${A}", "$(A)", "a,b", "a=b", "\t", "\x00", "\ufeff", "é", "😀", "\u2028", "\u0085", "a\rb",
	"https://a.example.com/\n  injected: true", "https://a.example.com/ #b", "https://a.example.com/: b", "a:443\nb: c", "/a\nb: c", "7s #", strings.Repeat("a", 300),
}

// subject is the chart, and values from which each change begins.
type subject struct {
	chart *v2.Chart
	slots []slot
	bases []map[string]any
}

var load = sync.OnceValues(func() (*subject, error) {
	root := filepath.Join("..", "..")
	c, err := loader.Load(filepath.Join(root, "charts", "access-notifier"))
	if err != nil {
		return nil, err
	}
	// What the CRD and the dashboard are does not depend on values, and both are large.
	schema := map[string]any{}
	if err := json.Unmarshal(c.Schema, &schema); err != nil {
		return nil, err
	}
	s := &subject{chart: c, slots: slots(schema)}
	for _, name := range []string{"everything", "review", "tbot", "strict", "default"} {
		content, err := os.ReadFile(filepath.Join(root, "test", "helm", "testdata", "values", name+".yaml"))
		if err != nil {
			return nil, err
		}
		values := map[string]any{}
		if err := yaml.Unmarshal(content, &values); err != nil {
			return nil, err
		}
		values = put(values, []string{"crds", "enabled"}, false).(map[string]any)
		values = put(values, []string{"metrics", "dashboard", "enabled"}, false).(map[string]any)
		s.bases = append(s.bases, values)
	}
	return s, nil
})

// render returns the documents that the chart makes of values, by file.
func (s *subject) render(values map[string]any) (map[string][]any, error) {
	options := common.ReleaseOptions{Name: "release", Namespace: "operators", IsInstall: true, Revision: 1}
	ready, err := util.ToRenderValues(s.chart, values, options, nil)
	if err != nil {
		return nil, err
	}
	files, err := engine.Engine{}.Render(s.chart, ready)
	if err != nil {
		return nil, err
	}
	all := map[string][]any{}
	for name, text := range files {
		if strings.HasSuffix(name, "NOTES.txt") {
			continue
		}
		for document := range strings.SplitSeq("\n"+text, "\n---") {
			var object any
			if err := yaml.UnmarshalStrict([]byte(document), &object); err != nil {
				return nil, fmt.Errorf("the output of %s is no YAML: %w in:\n%s", name, err, document)
			}
			if object != nil {
				all[name] = append(all[name], object)
			}
		}
	}
	return all, nil
}

// refused reports whether an error is a sentence of the schema or of the chart, and no accident.
func refused(err error) bool {
	text := err.Error()
	return strings.Contains(text, "values don't meet the specifications of the schema") ||
		strings.HasPrefix(text, "execution error at (")
}

// shape is what objects have: the paths of their members and the types of these. A list counts as
// one of its items.
func shape(all map[string][]any, text string) []string {
	found := map[string]bool{}
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch value := value.(type) {
		case map[string]any:
			found[path+" object"] = true
			for key, member := range value {
				if key == text {
					key = harmless
				}
				walk(path+"."+key, member)
			}
		case []any:
			found[path+" list"] = true
			for _, item := range value {
				walk(path+"[]", item)
			}
		default:
			found[fmt.Sprintf("%s %T", path, value)] = true
		}
		if config, ok := value.(string); ok && strings.HasSuffix(path, ".tbot.yaml") {
			var inner any
			if err := yaml.UnmarshalStrict([]byte(config), &inner); err != nil {
				inner = err
			}
			walk(path+"!", inner)
		}
	}
	for name, documents := range all {
		for _, document := range documents {
			kind, _ := document.(map[string]any)["kind"].(string)
			walk(fmt.Sprintf("%s: %s", filepath.Base(name), kind), document)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// try changes values at one place, and checks what comes of it.
func (s *subject) try(t *testing.T, base map[string]any, at slot, form func(string) any, text string) {
	t.Helper()
	value, _ := form(text).(map[string]any)
	if _, is := value[text]; is && strings.ContainsAny(text, "\u0085\u2028\u2029") {
		return // Helm's toYaml writes such a key of the author's own map so that YAML reads another
	}
	changed := put(base, at.path, form(text)).(map[string]any)
	got, err := s.render(changed)
	if err != nil {
		if !refused(err) {
			t.Errorf("%s = %#v: it is not refused by a sentence: %v", at, form(text), err)
		}
		return
	}
	if text == "" || at.path[0] == "extraObjects" {
		return // what is empty may be left out, and these hold templates
	}
	if cmp.Equal(form(text), form("other")) {
		return // there is no text in it
	}
	for _, like := range likeHarmless {
		want, err := s.render(put(base, at.path, form(like)).(map[string]any))
		if err != nil {
			continue
		}
		diff := cmp.Diff(shape(want, like), shape(got, text))
		if diff == "" {
			return
		}
		t.Errorf("%s = %#v gives other objects than %#v does (-harmless +this):\n%s", at, form(text), form(like), diff)
		return
	}
}

// perText is how many texts TestValues tries where a text is wanted. All of them in all places
// take minutes; FuzzValues tries more.
const perText = 1

// TestValues puts nasty texts, in each shape of a fitting type, into each slot.
func TestValues(t *testing.T) {
	s, err := load()
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range s.slots {
		t.Run(at.String(), func(t *testing.T) {
			for j, form := range shapes {
				if !at.takes(form(harmless)) || at.path[0] == "notifiers" && (i+j)%5 > 0 {
					continue // of notifiers there are many slots, all of them rendered by toYaml
				}
				for k := range perText {
					s.try(t, s.bases[(i+j+k)%len(s.bases)], at, form, nasty[(i+j+k*len(nasty)/perText)%len(nasty)])
					if cmp.Equal(form("a"), form("b")) {
						break
					}
				}
			}
		})
	}
}

func FuzzValues(f *testing.F) {
	s, err := load()
	if err != nil {
		f.Fatal(err)
	}
	for i, text := range nasty {
		f.Add(uint16(i), uint8(i), uint8(i), text)
	}
	f.Fuzz(func(t *testing.T, which uint16, shape, base uint8, text string) {
		if !utf8.ValidString(text) {
			return // it is in no YAML
		}
		s.try(t, s.bases[int(base)%len(s.bases)], s.slots[int(which)%len(s.slots)], shapes[int(shape)%len(shapes)], text)
	})
}
