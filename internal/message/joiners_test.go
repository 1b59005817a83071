package message

import (
	"strings"
	"testing"
)

// Line A7: what some writing needs stays, and nothing else that is invisible.
func TestTextStaysAsTyped(t *testing.T) {
	const england = "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F"
	for name, text := range map[string]string{
		"Persian":               "می\u200Cخواهم",
		"Persian with a vowel":  "می\u0650\u200Cخواهم",
		"Urdu":                  "ہم\u200Cدلی",
		"Sinhala":               "ශ\u0DCA\u200Dරී ලංකා",
		"Hindi, joined":         "क\u094D\u200Dष",
		"Hindi, apart":          "क\u094D\u200Cष",
		"Bengali":               "র\u200D\u09CDয",
		"Malayalam, at the end": "അവന\u0D4D\u200D വന്നു",
		"Mongolian":             "ᠨ\u180Bᠠ ᠬᠠ\u180Eᠠ",
		"profession":            "👩\u200D🔬",
		"tone of skin":          "👩🏽\u200D🔬 👍🏿",
		"family":                "👨\u200D👩\u200D👧\u200D👦",
		"heart on fire":         "❤\uFE0F\u200D🔥",
		"rainbow":               "🏳\uFE0F\u200D🌈",
		"keycaps":               "1\uFE0F\u20E3 #\uFE0F\u20E3",
		"style of an emoji":     "✔\uFE0F ☎\uFE0E ©\uFE0F ℹ\uFE0F ‼\uFE0F ↔\uFE0F",
		"flags":                 "🇩🇪 " + england,
		"ideograph":             "葛\U000E0100飾区",
	} {
		if got := CleanText(text); got != text {
			t.Errorf("%s: CleanText(%+q) = %+q", name, text, got)
		}
		if got := CleanLine(text); got != text {
			t.Errorf("%s: CleanLine(%+q) = %+q", name, text, got)
		}
	}
	tags := func(s string) string {
		return strings.Map(func(r rune) rune { return r - ' ' + firstTag }, s)
	}
	for name, tt := range map[string]struct{ in, want string }{
		"Latin":                    {"ad\u200Dm\u200Cin", "admin"},
		"Cyrillic":                 {"ад\u200Dмин", "админ"},
		"Latin and Persian":        {"a\u200Cم", "aم"},
		"two scripts":              {"م\u200Cक", "مक"},
		"a letter that ends joins": {"دا\u200Cر", "دار"},
		"repeated":                 {"می\u200C\u200C\u200Cخواهم", "می\u200Cخواهم"},
		"digits":                   {"1\u200D2", "12"},
		"Arabic digits":            {"۱\u200C۲", "۱۲"},
		"alone":                    {"\u200D \u200C", ""},
		"at the end of an emoji":   {"👩\u200D", "👩"},
		"emoji and letter":         {"👩\u200Da", "👩a"},
		"style of a letter":        {"a\uFE0Fb", "ab"},
		"style of a style":         {"✔\uFE0F\uFE0F\uFE0E", "✔\uFE0F"},
		"style of a digit":         {"1\uFE0F2", "12"},
		"override in an emoji":     {"👩\u202E\u200D🔬", "👩\u200D🔬"},
		"isolates":                 {"\u2066م\u200C\u2069ن", "م\u200Cن"},
		"tags without a flag":      {"a" + tags("gbeng") + "\U000E007F", "a"},
		"a flag without an end":    {"🏴" + tags("gbeng") + "x", "🏴x"},
		"a flag that says more":    {"🏴" + tags("approve it") + "\U000E007F", "🏴"},
		"a selector of ideographs": {"a\U000E0100", "a"},
	} {
		if got := CleanText(tt.in); got != tt.want {
			t.Errorf("%s: CleanText(%+q) = %+q, want %+q", name, tt.in, got, tt.want)
		}
	}
}
