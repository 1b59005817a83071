package messengertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// discordForm is the body that creates or edits a message.
type discordForm struct {
	Content         *string           `json:"content"`
	Nonce           json.RawMessage   `json:"nonce"`
	EnforceNonce    bool              `json:"enforce_nonce"`
	Embeds          []discordEmbed    `json:"embeds"`
	AllowedMentions *allowedMentions  `json:"allowed_mentions"`
	Reference       *messageReference `json:"message_reference"`
	Components      []discordRow      `json:"components"`
	Flags           int               `json:"flags"`

	// given are the fields that the body has.
	given object
}

type discordEmbed struct {
	Title       string         `json:"title,omitempty"`
	Description string         `json:"description,omitempty"`
	URL         string         `json:"url,omitempty"`
	Timestamp   string         `json:"timestamp,omitempty"`
	Color       *int           `json:"color,omitempty"`
	Footer      *embedFooter   `json:"footer,omitempty"`
	Author      *embedAuthor   `json:"author,omitempty"`
	Fields      []discordField `json:"fields,omitempty"`
}

type embedFooter struct {
	Text string `json:"text"`
}

type embedAuthor struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

type discordField struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Inline bool   `json:"inline,omitempty"`
}

type allowedMentions struct {
	Parse []string `json:"parse"`
	Roles []string `json:"roles"`
	Users []string `json:"users"`
}

type messageReference struct {
	MessageID       string `json:"message_id"`
	FailIfNotExists *bool  `json:"fail_if_not_exists,omitempty"`
}

// formErrors is the nested "errors" of code 50035 (reference, Error Messages).
type formErrors map[string]any

// report adds an error at a path such as "embeds.0.title".
func (e formErrors) report(path, code, message string) {
	at := e
	if path != "" {
		for part := range strings.SplitSeq(path, ".") {
			next, ok := at[part].(formErrors)
			if !ok {
				next = formErrors{}
				at[part] = next
			}
			at = next
		}
	}
	list, _ := at["_errors"].([]any)
	at["_errors"] = append(list, map[string]string{"code": code, "message": message})
}

func (e formErrors) response() response {
	return jsonResponse(http.StatusBadRequest, map[string]any{
		"message": "Invalid Form Body", "code": 50035, "errors": e,
	})
}

// readDiscordForm reads and checks the body that creates or edits a message.
func readDiscordForm(c *call) (discordForm, *response) {
	var form discordForm
	if refusal := decodeDiscord(c, &form); refusal != nil {
		return form, refusal
	}
	if refusal := decodeDiscord(c, &form.given); refusal != nil {
		return form, refusal
	}
	problems := formErrors{}
	form.check(problems)
	if len(problems) > 0 {
		refusal := problems.response()
		return form, &refusal
	}
	return form, nil
}

// check checks the form (resources/message: Create Message, Embed Limits).
func (f discordForm) check(e formErrors) {
	if f.Content != nil {
		e.checkLength("content", *f.Content, 0, 2000)
	}
	if nonce := f.nonce(); points(nonce) > 25 {
		e.report("nonce", "NONCE_TYPE_TOO_LONG", "Nonces must be 25 or fewer in length.")
	}
	if len(f.Embeds) > 10 {
		e.report("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
	}
	sum := 0
	for i, embed := range f.Embeds {
		embed.check(e, fmt.Sprintf("embeds.%d", i))
		sum += embed.size()
	}
	if sum > 6000 {
		e.report("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
	}
	f.AllowedMentions.check(e)
	f.checkComponents(e)
}

// checkLength checks a text's length.
func (e formErrors) checkLength(path, text string, least, most int) {
	switch n := points(text); {
	case n == 0 && least > 0:
		e.report(path, "BASE_TYPE_REQUIRED", "This field is required")
	case n > most:
		e.report(path, "BASE_TYPE_MAX_LENGTH", fmt.Sprintf("Must be %d or fewer in length.", most))
	}
}

// check checks an embed (resources/message: Embed Object, Embed Limits).
func (m discordEmbed) check(e formErrors, path string) {
	e.checkLength(path+".title", m.Title, 0, 256)
	e.checkLength(path+".description", m.Description, 0, 4096)
	e.checkURL(path+".url", m.URL)
	if m.Color != nil && (*m.Color < 0 || *m.Color > 0xffffff) {
		e.report(path+".color", "NUMBER_TYPE_MAX", "int value should be less than or equal to 16777215.")
	}
	if m.Timestamp != "" {
		if _, err := time.Parse(time.RFC3339, m.Timestamp); err != nil {
			e.report(path+".timestamp", "DATE_TIME_TYPE_PARSE", "Could not parse the date and time. Should be ISO8601.")
		}
	}
	if m.Footer != nil {
		e.checkLength(path+".footer.text", m.Footer.Text, 1, 2048)
	}
	if m.Author != nil {
		e.checkLength(path+".author.name", m.Author.Name, 1, 256)
		e.checkURL(path+".author.url", m.Author.URL)
	}
	if len(m.Fields) > 25 {
		e.report(path+".fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
	}
	for i, field := range m.Fields {
		at := fmt.Sprintf("%s.fields.%d", path, i)
		e.checkLength(at+".name", field.Name, 1, 256)
		e.checkLength(at+".value", field.Value, 1, 1024)
	}
}

// points is the length of a text in code points, after trimming (resources/message,
// Embed Limits; discord-api-docs#1315, staff).
func points(text string) int { return utf8.RuneCountInString(strings.TrimSpace(text)) }

// size is what the embed counts towards the sum of 6000.
func (m discordEmbed) size() int {
	n := points(m.Title) + points(m.Description)
	if m.Footer != nil {
		n += points(m.Footer.Text)
	}
	if m.Author != nil {
		n += points(m.Author.Name)
	}
	for _, field := range m.Fields {
		n += points(field.Name) + points(field.Value)
	}
	return n
}

func (e formErrors) checkURL(path, text string) {
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || points(text) > 2048:
		e.report(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
	case u.Scheme != "http" && u.Scheme != "https":
		e.report(path, "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https').")
	case u.Host == "":
		e.report(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
	}
}

// check checks whom the message may mention (resources/message, Allowed Mentions).
func (a *allowedMentions) check(e formErrors) {
	if a == nil {
		return
	}
	for i, kind := range a.Parse {
		if !slices.Contains([]string{"roles", "users", "everyone"}, kind) {
			e.report("allowed_mentions.parse."+strconv.Itoa(i), "BASE_TYPE_CHOICES", "Value must be one of ('users', 'everyone', 'roles').")
		}
	}
	for kind, ids := range map[string][]string{"users": a.Users, "roles": a.Roles} {
		if len(ids) > 100 {
			e.report("allowed_mentions."+kind, "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
		}
		if len(ids) > 0 && slices.Contains(a.Parse, kind) {
			e.report("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", "parse:[\""+kind+"\"] and "+kind+": [ids...] are mutually exclusive.")
		}
	}
}

// nonce returns the nonce as text; numbers are allowed.
func (f discordForm) nonce() string {
	if string(f.Nonce) == "null" {
		return ""
	}
	if text := jsonText(f.Nonce); text != "" {
		return text
	}
	return strings.Trim(string(f.Nonce), `"`)
}
