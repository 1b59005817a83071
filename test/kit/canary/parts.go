package canary

import (
	"encoding/json"
	"encoding/pem"
	"net/url"
	"strings"
)

// parts are what is secret in a value, each long enough to be searched for: the private keys of
// text in PEM form, also in the members of a JSON object; what a URL has in its user and query; or
// else every word.
func parts(value string) (all []string) {
	var object map[string]string
	switch {
	case json.Unmarshal([]byte(value), &object) == nil:
		for _, member := range object {
			all = append(all, keys(member)...)
		}
	case strings.Contains(value, "-----BEGIN"):
		all = keys(value)
	default:
		for word := range strings.FieldsSeq(value) {
			all = append(all, wordParts(word)...)
		}
	}
	return all
}

// keys are the lines of the private keys in a text in PEM form. All else of it is public.
func keys(text string) (lines []string) {
	for rest := []byte(text); ; {
		block, after := pem.Decode(rest)
		if block == nil {
			return lines
		}
		rest = after
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		for line := range strings.Lines(string(pem.EncodeToMemory(block))) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "-----") && len(line) >= window {
				lines = append(lines, line)
			}
		}
	}
}

// wordParts are what is secret in a word. Where a word of New is in it, that is all.
func wordParts(word string) (all []string) {
	if at := strings.Index(word, mark); at >= 0 {
		return []string{word[at:min(at+wordLength, len(word))]}
	}
	if u, err := url.Parse(word); err == nil && u.Scheme != "" && u.Host != "" {
		for _, values := range u.Query() {
			all = append(all, long(values...)...)
		}
		password, _ := u.User.Password()
		return append(all, long(u.User.Username(), password)...)
	}
	return long(word)
}

// long are those texts that can be searched for.
func long(texts ...string) (all []string) {
	for _, text := range texts {
		if len(text) >= 2*window {
			all = append(all, text)
		}
	}
	return all
}
