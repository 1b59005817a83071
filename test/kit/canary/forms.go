package canary

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"strconv"
	"strings"
)

// decimals is how many bytes of a canary are enough to find it where they stand as numbers.
const decimals = 6

// forms are the pieces by which a value is found, by what was done to it. Their case does not
// matter.
func forms(value string) map[string][]string {
	numbers := numbersOf(value)
	return map[string][]string{
		"as it is":   windows(value),
		"quoted":     append(windows(strconv.Quote(value)), windows(jsonOf(value))...),
		"in a URL":   append(windows(url.QueryEscape(value)), windows(url.PathEscape(value))...),
		"in HTML":    windows(html.EscapeString(value)),
		"hex":        windows(hex.EncodeToString([]byte(value))),
		"base64":     base64Of(value),
		"as numbers": append(runs(numbers, " "), runs(numbers, ",")...),
	}
}

// windows are all parts of a text of the window's length.
func windows(text string) (all []string) {
	for i := 0; i+window <= len(text); i++ {
		all = append(all, text[i:i+window])
	}
	return all
}

func jsonOf(value string) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic("a text cannot be encoded: " + err.Error())
	}
	return string(encoded)
}

// base64Of are the pieces of a value in base64, wherever in a longer text it begins.
func base64Of(value string) (all []string) {
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			encoded := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + value))
			// The first four characters hold what is before it as well, and the last what is after.
			all = append(all, windows(encoded[min(4, len(encoded)):max(len(encoded)-2, min(4, len(encoded)))])...)
		}
	}
	return all
}

func numbersOf(value string) (all []string) {
	for _, b := range []byte(value) {
		all = append(all, strconv.Itoa(int(b)))
	}
	return all
}

// runs are the numbers of so many bytes in a row, as formatting verbs and encoders write them.
func runs(numbers []string, separator string) (all []string) {
	for i := 0; i+decimals <= len(numbers); i++ {
		if run := strings.Join(numbers[i:i+decimals], separator); len(run) >= window {
			all = append(all, run)
		}
	}
	return all
}
