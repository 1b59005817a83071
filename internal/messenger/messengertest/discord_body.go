package messengertest

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
)

// decodeDiscord reads a body into form, or returns the refusal. A body may be JSON, or
// a form: of plain fields, or of parts with JSON in "payload_json" (reference, Content
// Type; Uploading Files).
func decodeDiscord(c *call, form any) *response {
	body, ok := discordBody(c)
	if !ok {
		problems := formErrors{}
		problems.report("_misc", "CONTENT_TYPE_INVALID", "Expected \"Content-Type\" header to be one of {'application/json'}.")
		refusal := problems.response()
		return &refusal
	}
	err := json.Unmarshal(body, form)
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

// discordBody returns the body of a call as JSON, false if it is of no known type.
func discordBody(c *call) (body []byte, ok bool) {
	mediaType, params, err := mime.ParseMediaType(c.http.Header.Get("Content-Type"))
	if err != nil {
		return nil, false
	}
	switch mediaType {
	case "application/json":
		return c.body, true
	case "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(c.body))
		return formJSON(values), err == nil
	case "multipart/form-data":
		parts, err := multipart.NewReader(bytes.NewReader(c.body), params["boundary"]).ReadForm(maxBody)
		if err != nil {
			return nil, false
		}
		if payload := parts.Value["payload_json"]; len(payload) > 0 {
			return []byte(payload[0]), true
		}
		return formJSON(parts.Value), true
	default:
		return nil, false
	}
}

// formJSON is a form as JSON. Its fields are texts, but for the one word that says yes.
func formJSON(values map[string][]string) []byte {
	fields := map[string]any{}
	for name, all := range values {
		fields[name] = all[0]
		if all[0] == "true" {
			fields[name] = true
		}
	}
	body, err := json.Marshal(fields)
	if err != nil {
		panic("a form cannot be encoded: " + err.Error())
	}
	return body
}
