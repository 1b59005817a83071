package messengertest

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// slackArgs are the arguments of a call: strings from a form, or any JSON.
type slackArgs struct {
	form url.Values
	// token is the token among the parameters of a POST.
	token    string
	fields   map[string]json.RawMessage
	json     bool
	warnings []string
}

// slackCharsets are the valid charsets of a body [docs.slack.dev, common errors:
// invalid_charset].
var slackCharsets = []string{"", "utf-8", "iso-8859-1"}

// readSlackArgs reads a form, a JSON object or the query, and of a form and a query
// both [docs.slack.dev/apis/web-api: "a mix of both GET and POST parameters"]. The
// codes are those of the errors that every method has.
func readSlackArgs(r *http.Request, body []byte) (args slackArgs, code string) {
	switch r.Method {
	case http.MethodGet:
		return slackForm(r, nil), ""
	case http.MethodPost:
	default:
		// Not documented: only GET and POST are.
		return slackArgs{}, "invalid_post_type"
	}
	header := r.Header.Get("Content-Type")
	if header == "" {
		if len(body) == 0 {
			return slackForm(r, nil), ""
		}
		return slackArgs{}, "missing_post_type"
	}
	mediaType, parameters, err := mime.ParseMediaType(header)
	if err != nil {
		return slackArgs{}, "invalid_post_type"
	}
	if !slices.Contains(slackCharsets, strings.ToLower(parameters["charset"])) {
		return slackArgs{}, "invalid_charset"
	}
	return readSlackBody(r, mediaType, parameters["boundary"], body)
}

// readSlackBody reads the body of a POST. The valid types are those that the text of
// invalid_post_type lists. What Slack makes of text/plain is not documented; here it
// is a form.
func readSlackBody(r *http.Request, mediaType, boundary string, body []byte) (args slackArgs, code string) {
	switch mediaType {
	case "application/x-www-form-urlencoded", "text/plain":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return slackArgs{}, "invalid_form_data"
		}
		return slackForm(r, form), ""
	case "multipart/form-data":
		parts, err := multipart.NewReader(bytes.NewReader(body), boundary).ReadForm(maxBody)
		if err != nil {
			return slackArgs{}, "invalid_form_data"
		}
		return slackForm(r, parts.Value), ""
	case "application/json":
		return readSlackJSON(body)
	default:
		return slackArgs{}, "invalid_post_type"
	}
}

// slackForm joins the parameters of the query and of the body, which wins. A token
// is taken from the body only ["as an HTTP Authorization header or alternatively, as
// a POST parameter": every method's reference].
func slackForm(r *http.Request, body url.Values) slackArgs {
	form := r.URL.Query()
	maps.Copy(form, body)
	return slackArgs{form: form, token: body.Get("token")}
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
