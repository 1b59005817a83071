package messengertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
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

type discordRow struct {
	Type       int             `json:"type"`
	Components []discordButton `json:"components"`
}

type discordButton struct {
	Type     int    `json:"type"`
	Style    int    `json:"style"`
	Label    string `json:"label,omitempty"`
	URL      string `json:"url,omitempty"`
	CustomID string `json:"custom_id,omitempty"`
}

// formErrors is the nested "errors" of code 50035.
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

// decode reads a JSON body into form, or returns the refusal.
func decodeDiscord(c *call, form any) *response {
	mediaType, _, err := mime.ParseMediaType(c.http.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		problems := formErrors{}
		problems.report("_misc", "CONTENT_TYPE_INVALID", "Expected \"Content-Type\" header to be one of {'application/json'}.")
		refusal := problems.response()
		return &refusal
	}
	err = json.Unmarshal(c.body, form)
	if err == nil {
		return nil
	}
	refusal := discordError(http.StatusBadRequest, 50109, "The request body contains invalid JSON.")
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		problems := formErrors{}
		problems.report(wrong.Field, "BASE_TYPE_CONVERT", "Could not interpret the value.")
		refusal = problems.response()
	}
	return &refusal
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

func (f discordForm) check(e formErrors) {
	if f.Content != nil {
		e.checkLength("content", *f.Content, 0, 2000)
	}
	if nonce := f.nonce(); units(nonce) > 25 {
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

// checkLength checks a text's length in UTF-16 units.
func (e formErrors) checkLength(path, text string, least, most int) {
	n := units(strings.TrimSpace(text))
	switch {
	case n == 0 && least > 0:
		e.report(path, "BASE_TYPE_REQUIRED", "This field is required")
	case units(text) > most:
		e.report(path, "BASE_TYPE_MAX_LENGTH", fmt.Sprintf("Must be %d or fewer in length.", most))
	}
}

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

// size is what the embed counts towards the sum of 6000.
func (m discordEmbed) size() int {
	n := units(m.Title) + units(m.Description)
	if m.Footer != nil {
		n += units(m.Footer.Text)
	}
	if m.Author != nil {
		n += units(m.Author.Name)
	}
	for _, field := range m.Fields {
		n += units(field.Name) + units(field.Value)
	}
	return n
}

func (e formErrors) checkURL(path, text string) {
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || units(text) > 2048:
		e.report(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
	case u.Scheme != "http" && u.Scheme != "https":
		e.report(path, "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https').")
	case u.Host == "":
		e.report(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
	}
}

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

// checkComponents checks rows of buttons, the components that are simulated.
func (f discordForm) checkComponents(e formErrors) {
	if len(f.Components) > 5 {
		e.report("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
	}
	for i, row := range f.Components {
		path := fmt.Sprintf("components.%d", i)
		if row.Type != 1 {
			e.report(path+".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1,).")
		}
		if len(row.Components) < 1 || len(row.Components) > 5 {
			e.report(path+".components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
		}
		for j, button := range row.Components {
			button.check(e, fmt.Sprintf("%s.components.%d", path, j))
		}
	}
}

func (b discordButton) check(e formErrors, path string) {
	if b.Type != 2 {
		e.report(path+".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (2,).")
	}
	if b.Style < 1 || b.Style > 5 {
		e.report(path+".style", "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5}.")
	}
	if (b.Style == 5) != (b.URL != "") {
		e.report(path, "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A link needs a url, any other button a custom id.")
	}
	e.checkURL(path+".url", b.URL)
	e.checkLength(path+".label", b.Label, 1, 80)
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
