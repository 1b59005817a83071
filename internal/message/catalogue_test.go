package message

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// catalogue returns the words of words.go.
func catalogue(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "words.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, decl := range file.Decls {
		constants, ok := decl.(*ast.GenDecl)
		if !ok || constants.Tok != token.CONST {
			continue
		}
		for _, spec := range constants.Specs {
			for _, value := range spec.(*ast.ValueSpec).Values {
				text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, text)
			}
		}
	}
	if len(all) < 60 {
		t.Fatalf("words.go has only %d words", len(all))
	}
	return all
}

var placeholder = regexp.MustCompile(`%(\[\d\][sd])?`)

// placeholders are what words hold, in order.
func placeholders(words string) string {
	found := placeholder.FindAllString(words, -1)
	slices.Sort(found)
	return strings.Join(found, " ")
}

// TestEveryWordIsInEveryLanguage, with the same placeholders, and holds nothing that is
// markup in a service, nor an exclamation mark.
func TestEveryWordIsInEveryLanguage(t *testing.T) {
	all := catalogue(t)
	for l, d := range dictionaries {
		if l == English {
			continue
		}
		for _, words := range all {
			if translated := d.words[words]; translated == "" {
				t.Errorf("%s lacks %q", l, words)
			} else if placeholders(translated) != placeholders(words) {
				t.Errorf("%s: %q becomes %q, which does not hold the same", l, words, translated)
			}
		}
		for words := range d.words {
			if !slices.Contains(all, words) {
				t.Errorf("%s has %q, which no constant of words.go is", l, words)
			}
		}
	}
	for l, d := range dictionaries {
		for _, words := range slices.Concat(all, slices.Collect(maps.Values(d.words)), slices.Collect(maps.Values(d.singular))) {
			if strings.ContainsAny(words, "*_~`<>&|#@!！\\\n\"") || strings.TrimSpace(words) != words || strings.HasSuffix(words, ".") {
				t.Errorf("%s: %q has marks that words should not have", l, words)
			}
		}
	}
}

// TestSingulars: a language that tells one from several has words for one wherever English
// has, with the same placeholders, and no other language has any.
func TestSingulars(t *testing.T) {
	for l, d := range dictionaries {
		tells := plural.Cardinal.MatchPlural(language.Make(string(l)), 1, 0, 0, 0, 0) != plural.Other
		for words := range english.singular {
			one := d.singular[words]
			if (one != "") != tells || one != "" && placeholders(one) != placeholders(words) {
				t.Errorf("%s: for one of %q there is %q", l, words, one)
			}
		}
		if tells && len(d.singular) != len(english.singular) {
			t.Errorf("%s has %d words for one, English %d", l, len(d.singular), len(english.singular))
		}
	}
}

// TestFrenchColons: a space that does not break comes before each.
func TestFrenchColons(t *testing.T) {
	for words, translated := range french.words {
		if words != timeLayout && strings.Count(translated, ":") != strings.Count(translated, "\u00a0:") {
			t.Errorf("%q", translated)
		}
	}
}

func TestNumbersAndTimes(t *testing.T) {
	winter := time.Date(2026, 3, 2, 9, 5, 0, 0, time.UTC)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	saoPaulo, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	for l, want := range map[Language][]string{
		English:  {"0 earlier reviews", "1 earlier review", "1,204 earlier reviews", "1 day 6 hours", "2026-03-02 09:05 UTC", "2026-03-02 06:05 UTC-03:00"},
		German:   {"0 frühere Prüfungen", "1 frühere Prüfung", "1.204 frühere Prüfungen", "1 Tag 6 Stunden", "02.03.2026, 09:05 UTC", "02.03.2026, 06:05 UTC-03:00"},
		Spanish:  {"0 revisiones anteriores", "1 revisión anterior", "1.204 revisiones anteriores", "1 día 6 horas", "02/03/2026, 09:05 UTC", "02/03/2026, 06:05 UTC-03:00"},
		French:   {"0 avis antérieur", "1 avis antérieur", "1\u00a0204 avis antérieurs", "1 jour 6 heures", "02/03/2026 09:05 UTC", "02/03/2026 06:05 UTC-03:00"},
		Japanese: {"以前のレビュー 0 件", "以前のレビュー 1 件", "以前のレビュー 1,204 件", "1日6時間", "2026年3月2日 09:05 UTC", "2026年3月2日 06:05 UTC-03:00"},
		Korean:   {"이전 검토 0건", "이전 검토 1건", "이전 검토 1,204건", "1일 6시간", "2026년 3월 2일 09:05 UTC", "2026년 3월 2일 06:05 UTC-03:00"},
		"tlh":    {"0 earlier reviews", "1 earlier review", "1,204 earlier reviews", "1 day 6 hours", "2026-03-02 09:05 UTC", "2026-03-02 06:05 UTC-03:00"},
	} {
		got := []string{
			l.Say(earlierWords, 0), l.Say(earlierWords, 1), l.Say(earlierWords, 1204),
			l.spell(30 * time.Hour), l.Time(winter), l.Time(winter.In(saoPaulo)),
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", l, got, want)
		}
	}
	if got := German.Time(winter.In(berlin)); got != "02.03.2026, 10:05 CET" {
		t.Errorf("in Berlin it is %q", got)
	}
}
