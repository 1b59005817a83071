package config

import (
	"strings"
	"time"
	"unicode"
)

// section reads the values of one section. A key that is not there has the zero value.
type section struct {
	parser *parser
	name   string
	values map[string]any
}

func (s section) path(key string) string { return join(s.name, key) }

func (s section) has(key string) bool {
	_, ok := s.values[key]
	return ok
}

func (s section) wrong(key, format string, args ...any) {
	s.parser.wrong(s.path(key), "[%s] "+format, append([]any{s.name}, args...)...)
}

func (s section) unused(key, format string, args ...any) {
	s.parser.unused(s.path(key), "[%s] "+format, append([]any{s.name}, args...)...)
}

// text returns a text of one line, without white space around it.
func (s section) text(key string) string {
	value, there := s.values[key]
	if !there {
		return ""
	}
	text, ok := value.(string)
	switch {
	case !ok:
		s.wrong(key, `%s is no text: put it into quotes, as in %s = "..."`, key, key)
		return ""
	case strings.ContainsFunc(text, unicode.IsControl):
		s.wrong(key, "%s holds a line break or another invisible character: write it in one line", key)
		return ""
	}
	return strings.TrimSpace(text)
}

// wait returns a duration of at least a second, 0 if it is not there.
func (s section) wait(key string) time.Duration {
	text := s.text(key)
	if text == "" {
		return 0
	}
	wait, err := time.ParseDuration(text)
	if err != nil || wait < time.Second {
		s.wrong(key, `%s is no time of a second or more, such as "1m" or "90s"`, key)
		return 0
	}
	return wait
}

// recipientList reads recipients, who are a text or a list of texts.
func (p *parser) recipientList(path, who string, value any) []string {
	values, ok := value.([]any)
	if !ok {
		values = []any{value}
	}
	var recipients []string
	known := map[string]bool{}
	for _, value := range values {
		recipient, isText := value.(string)
		recipient = strings.TrimSpace(recipient)
		switch {
		case !isText:
			p.wrong(path, `%s has a recipient that is no text: put each into quotes, as in ["one", "two"]`, who)
		case recipient == "":
			p.wrong(path, "%s has an empty recipient: remove it, or name a channel or a person", who)
		case strings.ContainsFunc(recipient, unicode.IsControl):
			p.wrong(path, "%s has a recipient with a line break or another invisible character", who)
		case !known[recipient]: // one that is named twice hears once
			known[recipient] = true
			recipients = append(recipients, recipient)
			if advice := p.file.descriptor.Refuses(recipient); advice != "" {
				p.wrong(path, "%s has the recipient %q, which %s cannot find. %s", who, recipient, p.file.descriptor.Type, advice)
			}
		}
	}
	if len(values) == 0 {
		p.wrong(path, "%s has no recipient: name at least one, or remove the key", who)
	}
	return recipients
}

// boolean reports whether a key is there, and is true or false.
func (s section) boolean(key string) (value, there bool) {
	found, there := s.values[key]
	if !there {
		return false, false
	}
	value, ok := found.(bool)
	if !ok {
		s.wrong(key, "%s is neither true nor false, which are written without quotes", key)
	}
	return value, ok
}

// oneOf returns a text that must be one of some, without regard to case.
func (s section) oneOf(key, byDefault string, allowed ...string) string {
	if !s.has(key) {
		return byDefault
	}
	text := strings.ToLower(s.text(key))
	for _, one := range allowed {
		if text == one {
			return one
		}
	}
	s.wrong(key, "%s must be one of %s", key, strings.ToUpper(strings.Join(allowed, ", ")))
	return byDefault
}
