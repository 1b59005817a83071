package message

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestCleanText(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"plain":                {"fix the build", "fix the build"},
		"line ends":            {"a\r\nb\rc\u2028d\u2029e\u0085f\vg\fh", "a\nb\nc\nd\ne\nf\ng\nh"},
		"newline run":          {"a\n\n\n\n\n\nb", "a\n\nb"},
		"newlines with spaces": {"a\n \n \n\t\n \nb", "a\n\nb"},
		"outer newlines":       {"\n\na\n\n", "a"},
		"controls":             {"a\x00\x07\x1b[31mb\x7f", "a[31mb"},
		"bidi override":        {"user\u202Eevil\u202C", "userevil"},
		"bidi isolate":         {"\u2066a\u2067b\u2068c\u2069", "abc"},
		"marks of direction":   {"a\u200Eb\u200Fc\u061Cd", "abcd"},
		"zero width":           {"ad\u200Bm\u200Cin\u2060\uFEFF", "admin"},
		"joiner in an emoji":   {"\U0001F468\u200D\U0001F4BB", "\U0001F468\u200D\U0001F4BB"},
		"soft hyphen":          {"ad\u00ADmin", "admin"},
		"tags":                 {"a\U000E0041\U000E007F", "a"},
		"variation selectors":  {"a\uFE0F\U000E0100", "a"},
		"fillers":              {"a\u3164\u115F\uFFA0\u2800b", "a b"},
		"private use":          {"a\uE000b", "ab"},
		"kinds of space":       {"a\u00A0b\u3000c\td", "a b c d"},
		"invalid UTF-8":        {"a\xffb\xc3(", "a\uFFFDb\uFFFD("},
		"stacked marks":        {"a" + strings.Repeat("\u0301", 50) + "b", "a" + strings.Repeat("\u0301", maxMarks) + "b"},
		"honest scripts":       {"Zoë, Łukasz, 田中, שלום, ที่นี่", "Zoë, Łukasz, 田中, שלום, ที่นี่"},
		"markup is not ours":   {"*a* <!channel> @here [x](y)", "*a* <!channel> @here [x](y)"},
		"nothing visible":      {"\u200B\n\u202E \x00", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := CleanText(tt.in); got != tt.want {
				t.Errorf("CleanText(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestCleanLine(t *testing.T) {
	in := " alice\nStatus:\u2028 Approved\t\u200B\r\n by  bob "
	if got, want := CleanLine(in), "alice Status: Approved by bob"; got != want {
		t.Errorf("CleanLine(%q) = %q, want %q", in, got, want)
	}
}

func FuzzSanitise(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "a\r\n\r\n\r\nb", "\u202Eevil\u2069", "\xff\xfe\xc3", "\u200D\U0001F468",
		"می\u200cخواهم", "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F\u200d\u2620", "1\uFE0F\u20E3\u200d",
		"a\u0301\u0301\u0301\u0301\u0301\u0301", "\n \n\u00A0\n\u2028x", "\U000E0041\uFE0F\u3164\u2800",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		text, line := CleanText(in), CleanLine(in)
		checkClean(t, text)
		checkClean(t, line)
		if strings.Contains(text, "\n\n\n") {
			t.Errorf("CleanText(%q) = %q has a run of newlines", in, text)
		}
		if strings.Contains(line, "\n") || strings.Contains(line, "  ") {
			t.Errorf("CleanLine(%q) = %q is not one line", in, line)
		}
		if again := CleanText(text); again != text {
			t.Errorf("CleanText is not stable: %q, then %q", text, again)
		}
		if again := CleanLine(line); again != line {
			t.Errorf("CleanLine is not stable: %q, then %q", line, again)
		}
	})
}

func checkClean(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%q is not valid UTF-8", s)
	}
	previous := ' '
	for _, r := range s {
		joins := r == joiner || r == nonJoiner || r == mongolianVowel || isTag(r)
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && !joins || unicode.Is(unicode.Bidi_Control, r)) {
			t.Errorf("%q holds %U", s, r)
		}
		if (joins || unicode.Is(unicode.Variation_Selector, r)) && ordinary(previous) {
			t.Errorf("%q holds %U behind %q", s, r, previous)
		}
		previous = r
	}
}

// ordinary is true for what nothing invisible may follow: white space, and Latin,
// Greek and Cyrillic letters.
func ordinary(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
}
