package message

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestCut(t *testing.T) {
	words := strings.Repeat("word ", 400)
	tests := map[string]struct {
		in    string
		limit int
		count Count
		want  string
	}{
		"fits exactly":       {"hello", 5, CountRunes, "hello"},
		"at a word":          {"the quick brown fox jumps over the lazy dog again", 40, CountRunes, "the quick brown… (34 more characters)"},
		"within a word":      {strings.Repeat("x", 100), 40, CountRunes, strings.Repeat("x", 17) + "… (83 more characters)"},
		"thousands":          {words, 50, CountRunes, "word word word word word… (1,976 more characters)"},
		"room for dots only": {"hello world", 3, CountRunes, "…"},
		"no room":            {"hello", 0, CountRunes, ""},
		"emoji count twice":  {strings.Repeat("😀", 60), 50, CountUTF16, strings.Repeat("😀", 14) + "… (46 more characters)"},
		"joined stay":        {strings.Repeat("\U0001F469\u200D\U0001F52C", 60), 45, CountRunes, strings.Repeat("\U0001F469\u200D\U0001F52C", 7) + "… (159 more characters)"},
		"marks stay":         {strings.Repeat("e\u0301", 60), 42, CountRunes, strings.Repeat("e\u0301", 9) + "… (102 more characters)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := Cut(tt.in, tt.limit, tt.count)
			if got != tt.want {
				t.Errorf("Cut = %q, want %q", got, tt.want)
			}
			if n := tt.count(got); n > tt.limit {
				t.Errorf("Cut gives %d, limit %d", n, tt.limit)
			}
		})
	}
}

func TestCutItems(t *testing.T) {
	items := []string{"alpha", "beta", "gamma", "delta"}
	tests := map[string]struct {
		hidden, limit int
		want          []string
	}{
		"all":              {0, 25, items},
		"one too long":     {0, 24, []string{"alpha", "beta", "and 2 more"}},
		"hidden before":    {7, 100, []string{"alpha", "beta", "gamma", "delta", "and 7 more"}},
		"both":             {7, 27, []string{"alpha", "beta", "and 9 more"}},
		"none but the sum": {0, 10, []string{"and 4 more"}},
		"not even that":    {0, 9, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			original := slices.Clone(items)
			got := English.CutItems(items, tt.hidden, tt.limit, ", ", CountRunes)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("CutItems (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(original, items); diff != "" {
				t.Errorf("CutItems changed its argument:\n%s", diff)
			}
		})
	}
}

func FuzzCut(f *testing.F) {
	f.Add("the quick brown fox", 10)
	f.Add(strings.Repeat("é\u0301", 40), 30)
	f.Add(strings.Repeat("😀 ", 40), 33)
	f.Add("", 0)
	f.Fuzz(func(t *testing.T, in string, limit int) {
		if limit < 0 || !utf8.ValidString(in) {
			return
		}
		for _, count := range []Count{CountRunes, CountUTF16, func(s string) int { return 5 * len(s) }} {
			got := Cut(in, limit, count)
			if n := count(got); n > limit {
				t.Errorf("Cut(%q, %d) measures %d", in, limit, n)
			}
			if !utf8.ValidString(got) {
				t.Errorf("Cut(%q, %d) = %q is not valid UTF-8", in, limit, got)
			}
			if count(in) <= limit && got != in {
				t.Errorf("Cut(%q, %d) = %q although it fits", in, limit, got)
			}
		}
	})
}

// TestCutItemsTakesTimeInProportion to what there is: whoever asks for much must not keep the
// processor busy.
func TestCutItemsTakesTimeInProportion(t *testing.T) {
	items := slices.Repeat([]string{"role-with-a-name"}, 2000)
	counted := 0
	count := func(s string) int {
		counted += len(s)
		return CountRunes(s)
	}
	if got := English.CutItems(items, 0, 100, ", ", count); len(got) != 5 {
		t.Errorf("%d items are left: %q", len(got), got)
	}
	if whole := len(strings.Join(items, ", ")); counted > 2*whole {
		t.Errorf("%d bytes were counted of %d", counted, whole)
	}
}
