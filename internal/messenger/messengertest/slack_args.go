package messengertest

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
)

// slackArgs are the arguments of a call: strings from a form, or any JSON.
type slackArgs struct {
	form     url.Values
	fields   map[string]json.RawMessage
	json     bool
	warnings []string
}

// readSlackArgs reads a form, a JSON object or, for GET, the query.
func readSlackArgs(r *http.Request, body []byte) (args slackArgs, code string) {
	switch r.Method {
	case http.MethodGet:
		return slackArgs{form: r.URL.Query()}, ""
	case http.MethodPost:
	default:
		return slackArgs{}, "invalid_post_type"
	}
	header := r.Header.Get("Content-Type")
	if header == "" {
		if len(body) == 0 {
			return slackArgs{form: r.URL.Query()}, ""
		}
		return slackArgs{}, "missing_post_type"
	}
	mediaType, _, err := mime.ParseMediaType(header)
	if err != nil {
		return slackArgs{}, "invalid_post_type"
	}
	switch mediaType {
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return slackArgs{}, "invalid_form_data"
		}
		return slackArgs{form: form}, ""
	case "application/json":
		return readSlackJSON(body)
	default:
		return slackArgs{}, "invalid_post_type"
	}
}

func readSlackJSON(body []byte) (args slackArgs, code string) {
	args.json = true
	if len(bytes.TrimSpace(body)) == 0 {
		return args, ""
	}
	if !json.Valid(body) {
		return args, "invalid_json"
	}
	if err := json.Unmarshal(body, &args.fields); err != nil || args.fields == nil {
		return args, "json_not_object"
	}
	return args, ""
}

// has reports whether the argument was given at all.
func (a slackArgs) has(name string) bool {
	if a.json {
		raw, ok := a.fields[name]
		return ok && string(raw) != "null"
	}
	return a.form.Has(name)
}

// text returns an argument as text. JSON numbers and booleans are taken as
// they are written.
func (a slackArgs) text(name string) string {
	if !a.json {
		return a.form.Get(name)
	}
	raw := a.fields[name]
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// structured returns an argument that is JSON itself. Slack takes it as a
// string within JSON bodies, too.
func (a slackArgs) structured(name string) json.RawMessage {
	if !a.has(name) {
		return nil
	}
	if text := a.text(name); text != "" {
		return json.RawMessage(text)
	}
	return nil
}

func (a slackArgs) flag(name string) bool {
	value := a.text(name)
	return value == "true" || value == "1"
}
