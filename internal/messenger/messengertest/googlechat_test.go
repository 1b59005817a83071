package messengertest_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// google is a client of the simulated Google Chat that sends what a test says.
type google struct {
	t      *testing.T
	sim    *messengertest.GoogleChat
	client *http.Client
	token  string
}

func newGoogle(t *testing.T, o messengertest.Options) *google {
	t.Helper()
	sim := messengertest.NewGoogleChat(o)
	g := &google{t: t, sim: sim, client: &http.Client{Transport: sim.Transport()}}
	g.token = g.grant(messengertest.DefaultToken)
	return g
}

// grant gets an access token for the key that a word stands for.
func (g *google) grant(word string) string {
	g.t.Helper()
	status, answer := g.exchange(assertion(g.t, word, nil, nil))
	token, _ := answer["access_token"].(string)
	if status != http.StatusOK || token == "" {
		g.t.Fatalf("no access token: %d %v", status, answer)
	}
	return token
}

func (g *google) exchange(assertion string) (int, map[string]any) {
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}
	return g.send("POST", "/token", "application/x-www-form-urlencoded", form.Encode())
}

func (g *google) do(method, path, body string) (int, map[string]any) {
	g.t.Helper()
	return g.send(method, "/v1/"+path, "application/json", body)
}

func (g *google) send(method, path, contentType, body string) (int, map[string]any) {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), method, "http://chat.simulated"+path, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", "Bearer "+g.token)
	response, err := g.client.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	var answer map[string]any
	// Pages are none.
	_ = json.Unmarshal(text, &answer)
	return response.StatusCode, answer
}

// assertion signs a JSON Web Token as a key file says, with changes to it, with another key if
// there is one.
func assertion(t *testing.T, word string, changes map[string]any, other *rsa.PrivateKey) string {
	t.Helper()
	var file struct {
		Email string `json:"client_email"`
		Key   string `json:"private_key"`
		ID    string `json:"private_key_id"`
		URI   string `json:"token_uri"`
	}
	if err := json.Unmarshal([]byte(messengertest.ServiceAccountKey(word)), &file); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(file.Key))
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	key := parsed.(*rsa.PrivateKey)
	if other != nil {
		key = other
	}
	now := time.Now()
	claims := map[string]any{
		"iss": file.Email, "aud": file.URI, "scope": "https://www.googleapis.com/auth/chat.bot",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	for name, value := range changes {
		claims[name] = value
	}
	var parts []string
	for _, part := range []any{map[string]string{"alg": "RS256", "kid": file.ID}, claims} {
		text, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(text))
	}
	signed := strings.Join(parts, ".")
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestGoogleChatVerifiesAssertions(t *testing.T) {
	g := newGoogle(t, messengertest.Options{})
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	const word = messengertest.DefaultToken
	old := time.Now().Add(-10 * time.Minute)
	for name, tt := range map[string]struct{ assertion, want string }{
		"another key":       {assertion(t, word, nil, other), "invalid_grant"},
		"an unknown key":    {assertion(t, "unknown", nil, nil), "invalid_grant"},
		"another account":   {assertion(t, word, map[string]any{"iss": "other@example.com"}, nil), "invalid_grant"},
		"another audience":  {assertion(t, word, map[string]any{"aud": "https://evil.example"}, nil), "invalid_grant"},
		"an old one":        {assertion(t, word, map[string]any{"iat": old.Unix()}, nil), "invalid_grant"},
		"one for two hours": {assertion(t, word, map[string]any{"exp": time.Now().Add(2 * time.Hour).Unix()}, nil), "invalid_grant"},
		"another scope":     {assertion(t, word, map[string]any{"scope": "https://www.googleapis.com/auth/drive"}, nil), "invalid_scope"},
		"none":              {"", "invalid_grant"},
		"half of one":       {"a.b", "invalid_grant"},
	} {
		if status, answer := g.exchange(tt.assertion); status != http.StatusBadRequest || answer["error"] != tt.want {
			t.Errorf("%s: %d %v, want %s", name, status, answer, tt.want)
		}
	}
	g.sim.RevokeToken(word)
	if _, answer := g.exchange(assertion(t, word, nil, nil)); answer["error"] != "invalid_grant" {
		t.Errorf("a key that was revoked: %v", answer)
	}
	if status, _ := g.do("GET", "spaces", ""); status != http.StatusUnauthorized {
		t.Errorf("an access token of that key: %d", status)
	}
}

func TestGoogleChatEndsAccessTokens(t *testing.T) {
	now := time.Now()
	g := newGoogle(t, messengertest.Options{Now: func() time.Time { return now }})
	for after, want := range map[time.Duration]int{0: http.StatusOK, 59 * time.Minute: http.StatusOK, 61 * time.Minute: http.StatusUnauthorized} {
		now = time.Now().Add(after)
		if status, _ := g.do("GET", "spaces", ""); status != want {
			t.Errorf("after %s: %d", after, status)
		}
	}
	now = time.Now()
	g.sim.EndAccessTokens()
	if status, _ := g.do("GET", "spaces", ""); status != http.StatusUnauthorized {
		t.Errorf("an access token that was ended: %d", status)
	}
}

func TestGoogleChatRefuses(t *testing.T) {
	g := newGoogle(t, messengertest.Options{})
	space := g.sim.AddChannel("ops")
	closed := g.sim.AddChannel("closed", messengertest.WithoutBot())
	messages := "spaces/" + space + "/messages"
	const widget = `{"textParagraph":{"text":"x"}}`
	card := func(widgets string) string {
		return `{"cardsV2":[{"cardId":"1","card":{"sections":[{"widgets":[` + widgets + `]}]}}]}`
	}
	status, first := g.do("POST", messages+"?messageId=client-a&requestId=a", `{"text":"x"}`)
	if status != http.StatusOK {
		t.Fatalf("a message: %d %v", status, first)
	}
	name, _ := first["name"].(string)
	for what, tt := range map[string]struct {
		method, path, body string
		status             int
		code               string
	}{
		"no space":              {"POST", "spaces/AAAANowhere/messages", `{"text":"x"}`, 404, "NOT_FOUND"},
		"a space without it":    {"POST", "spaces/" + closed + "/messages", `{"text":"x"}`, 403, "PERMISSION_DENIED"},
		"nothing":               {"POST", messages, `{}`, 400, "INVALID_ARGUMENT"},
		"no JSON":               {"POST", messages, `x`, 400, "INVALID_ARGUMENT"},
		"an unknown field":      {"POST", messages, `{"text":"x","colour":"red"}`, 400, "INVALID_ARGUMENT"},
		"an unknown parameter":  {"POST", messages + "?nonce=1", `{"text":"x"}`, 400, "INVALID_ARGUMENT"},
		"an id of its own":      {"POST", messages + "?messageId=mine", `{"text":"x"}`, 400, "INVALID_ARGUMENT"},
		"capital letters":       {"POST", messages + "?messageId=client-A", `{"text":"x"}`, 400, "INVALID_ARGUMENT"},
		"an id that is long":    {"POST", messages + "?messageId=client-" + strings.Repeat("a", 57), `{"text":"x"}`, 400, "INVALID_ARGUMENT"},
		"an id that is taken":   {"POST", messages + "?messageId=client-a&requestId=b", `{"text":"x"}`, 409, "ALREADY_EXISTS"},
		"a text that is long":   {"POST", messages, `{"text":"` + strings.Repeat("x", 4097) + `"}`, 400, "INVALID_ARGUMENT"},
		"a large message":       {"POST", messages, card(`{"textParagraph":{"text":"` + strings.Repeat("x", 32_000) + `"}}`), 400, "INVALID_ARGUMENT"},
		"too many widgets":      {"POST", messages, card(widget + strings.Repeat(","+widget, 100)), 400, "INVALID_ARGUMENT"},
		"no widgets":            {"POST", messages, card(""), 400, "INVALID_ARGUMENT"},
		"an empty widget":       {"POST", messages, card("{}"), 400, "INVALID_ARGUMENT"},
		"an empty text":         {"POST", messages, card(`{"decoratedText":{"text":""}}`), 400, "INVALID_ARGUMENT"},
		"an empty paragraph":    {"POST", messages, card(`{"textParagraph":{"text":""}}`), 400, "INVALID_ARGUMENT"},
		"a button to nowhere":   {"POST", messages, card(`{"buttonList":{"buttons":[{"text":"x"}]}}`), 400, "INVALID_ARGUMENT"},
		"a card of nothing":     {"POST", messages, `{"cardsV2":[{"card":{"sections":[]}}]}`, 400, "INVALID_ARGUMENT"},
		"an empty title":        {"POST", messages, `{"cardsV2":[{"card":{"header":{"title":""},"sections":[{"widgets":[` + widget + `]}]}}]}`, 400, "INVALID_ARGUMENT"},
		"another space's":       {"POST", messages + "?messageReplyOption=REPLY_MESSAGE_OR_FAIL", `{"text":"x","thread":{"name":"spaces/x/threads/y"}}`, 400, "INVALID_ARGUMENT"},
		"no thread":             {"POST", messages + "?messageReplyOption=REPLY_MESSAGE_OR_FAIL", `{"text":"x","thread":{"name":"spaces/` + space + `/threads/y"}}`, 404, "NOT_FOUND"},
		"an unknown option":     {"POST", messages + "?messageReplyOption=MAYBE", `{"text":"x"}`, 400, "INVALID_ARGUMENT"},
		"no message":            {"GET", messages + "/client-b", "", 404, "NOT_FOUND"},
		"an edit without mask":  {"PATCH", name, `{"text":"y"}`, 400, "INVALID_ARGUMENT"},
		"an edit of what":       {"PATCH", name + "?updateMask=sender", `{"text":"y"}`, 400, "INVALID_ARGUMENT"},
		"an edit to nothing":    {"PATCH", name + "?updateMask=text", `{"text":"","cardsV2":[{"card":{"sections":[{"widgets":[` + widget + `]}]}}]}`, 400, "INVALID_ARGUMENT"},
		"an edit of none":       {"PATCH", messages + "/x.y?updateMask=text", `{"text":"y"}`, 404, "NOT_FOUND"},
		"an unknown person":     {"GET", "spaces:findDirectMessage?name=users/unknown@example.com", "", 404, "NOT_FOUND"},
		"no person":             {"GET", "spaces:findDirectMessage", "", 400, "INVALID_ARGUMENT"},
		"members by a filter":   {"GET", "spaces/" + space + "/members?filter=x", "", 400, "INVALID_ARGUMENT"},
		"members of none":       {"GET", "spaces/" + closed + "/members", "", 403, "PERMISSION_DENIED"},
		"a space it is not in":  {"GET", "spaces/" + closed, "", 403, "PERMISSION_DENIED"},
		"a method of no method": {"DELETE", "spaces/" + space, "", 405, ""},
		"a path of no method":   {"GET", "rooms", "", 404, ""},
	} {
		status, answer := g.do(tt.method, tt.path, tt.body)
		refusal, _ := answer["error"].(map[string]any)
		if code, _ := refusal["status"].(string); status != tt.status || code != tt.code {
			t.Errorf("%s: %d %v, want %d %s", what, status, answer, tt.status, tt.code)
		}
	}
	if n := len(g.sim.Posts()); n != 1 {
		t.Errorf("%d messages, want the first one only", n)
	}
}

// TestGoogleChatKnowsMessagesByBothIDs, and requests by theirs.
func TestGoogleChatKnowsMessagesByBothIDs(t *testing.T) {
	g := newGoogle(t, messengertest.Options{})
	space := g.sim.AddChannel("ops")
	messages := "spaces/" + space + "/messages"
	_, first := g.do("POST", messages+"?messageId=client-a&requestId=r", `{"text":"one"}`)
	_, again := g.do("POST", messages+"?messageId=client-a&requestId=r", `{"text":"two"}`)
	_, found := g.do("GET", messages+"/client-a", "")
	for what, answer := range map[string]map[string]any{"the request again": again, "the id": found} {
		if answer["name"] != first["name"] || answer["text"] != "one" {
			t.Errorf("%s leads to %v, want %v", what, answer, first)
		}
	}
	thread := first["thread"].(map[string]any)["name"].(string)
	_, reply := g.do("POST", messages+"?messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD", `{"text":"reply","thread":{"name":"`+thread+`"}}`)
	posts := g.sim.PostsIn(space)
	if reply["threadReply"] != true || posts[1].ThreadOf != posts[0].ID {
		t.Errorf("the reply is %v", reply)
	}
	other := g.sim.AddBot("another")
	g.token = g.grant("another")
	if status, _ := g.do("PATCH", first["name"].(string)+"?updateMask=text", `{"text":"y"}`); status != http.StatusForbidden {
		t.Errorf("an edit by app %s: %d", other, status)
	}
	if status, _ := g.do("GET", messages+"/client-a", ""); status != http.StatusNotFound {
		t.Errorf("the id that another app gave: %d", status)
	}
	g.token = g.grant(messengertest.DefaultToken)
	g.sim.Delete(space, posts[0].ID)
	if status, _ := g.do("GET", messages+"/client-a", ""); status != http.StatusNotFound {
		t.Errorf("a message that was deleted: %d", status)
	}
}

// TestGoogleChatShowsMessages as their readers see them, and says whom they mention.
func TestGoogleChatShowsMessages(t *testing.T) {
	g := newGoogle(t, messengertest.Options{})
	space := g.sim.AddChannel("ops")
	_, answer := g.do("POST", "spaces/"+space+"/messages", `{"text":"*Hi* <users/all> `+"`<users/1>`"+` <https://a.example|there> <https://b.example>",
		"cardsV2":[{"card":{"header":{"title":"<b>&amp;"},"sections":[{"widgets":[
		{"decoratedText":{"topLabel":"A","text":"<i>x &lt;b&gt;</i> <a href=\"https://a.example\">y</a> <users/2>","wrapText":true}},
		{"buttonList":{"buttons":[{"text":"Open","onClick":{"openLink":{"url":"https://c.example"}}}]}}]}]}}]}`)
	if answer["name"] == nil {
		t.Fatalf("the message is refused: %v", answer)
	}
	post := g.sim.Posts()[0]
	want := "Hi @all @1 there (https://a.example) https://b.example\n<b>&amp;\nA\nx <b> y (https://a.example) \nOpen (https://c.example)"
	if post.Text != want || strings.Join(post.Mentions, " ") != "all 1" {
		t.Errorf("the message is %q and mentions %v, want %q", post.Text, post.Mentions, want)
	}
	if ours := post.Outside(); strings.Contains(ours, "<b> ") || !strings.Contains(ours, "Hi") || !strings.Contains(ours, "Open") {
		t.Errorf("outside of what is typed is %q", ours)
	}
}
