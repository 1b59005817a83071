package messengertest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// discordApplication is the id of the application, which is another one than the bot's for
// applications that are old.
const discordApplication = "100000000000000002"

// discordInteractions is what the simulator knows of the application and its interactions. It is
// guarded by the server's lock.
type discordInteractions struct {
	key  ed25519.PrivateKey
	keys int
	// endpoint is the Interactions Endpoint URL.
	endpoint string
	// open are the interactions that can be answered, by their token, and forms those that are
	// open before people, by user.
	open    map[string]*discordInteraction
	forms   map[string]discordOpenForm
	answers map[string][]PrivateAnswer
	// last is the last press as it was handed on.
	last *discordInteraction
}

func newDiscordInteractions() discordInteractions {
	i := discordInteractions{
		open: map[string]*discordInteraction{}, forms: map[string]discordOpenForm{}, answers: map[string][]PrivateAnswer{},
	}
	i.newKey()
	return i
}

func (i *discordInteractions) newKey() {
	i.keys++
	seed := sha256.Sum256(fmt.Appendf(nil, "discord %d", i.keys))
	i.key = ed25519.NewKeyFromSeed(seed[:])
}

// ApplicationID returns the id of the bot's application.
func (d *Discord) ApplicationID() string { return discordApplication }

// NewKey gives the application another key. The old one signs nothing any more.
func (d *Discord) NewKey() {
	d.server.lock.Lock()
	defer d.server.lock.Unlock()
	d.interactions.newKey()
}

// Sign returns the header with which Discord would send a body (interactions/overview, Validating
// Security Request Headers).
func (d *Discord) Sign(body []byte, at time.Time) http.Header {
	d.server.lock.Lock()
	defer d.server.lock.Unlock()
	timestamp := strconv.FormatInt(at.Unix(), 10)
	signature := ed25519.Sign(d.interactions.key, append([]byte(timestamp), body...))
	header := http.Header{}
	header.Set("X-Signature-Timestamp", timestamp)
	header.Set("X-Signature-Ed25519", hex.EncodeToString(signature))
	return header
}

// SetEndpoint sets the Interactions Endpoint URL, as the developer portal does: it takes only what
// answers a ping, and refuses one with a bad signature (interactions/overview, Setting Up an
// Endpoint).
func (d *Discord) SetEndpoint(url string) error {
	d.server.lock.Lock()
	ping := d.newInteraction(1, d.userByID[d.bot]).payload
	d.server.lock.Unlock()
	body := encoded(ping)
	err := d.calling.post(url, d.Sign(body, d.now()), body, func(answer called) error {
		var pong struct{ Type int }
		if err := answer.decode(&pong); err != nil || answer.status != http.StatusOK || pong.Type != 1 {
			return fmt.Errorf("a ping was answered with %d %s", answer.status, answer.body)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = d.calling.post(url, d.Sign([]byte("another body"), d.now()), body, func(answer called) error {
		if answer.status != http.StatusUnauthorized {
			return fmt.Errorf("a ping with a bad signature was answered with %d", answer.status)
		}
		return nil
	})
	if err != nil {
		return err
	}
	d.server.lock.Lock()
	defer d.server.lock.Unlock()
	d.interactions.endpoint = url
	return nil
}

// currentApplication is in resources/application, Get Current Application.
func (d *Discord) currentApplication(c *call) response {
	key, _ := d.interactions.key.Public().(ed25519.PublicKey)
	return jsonResponse(http.StatusOK, map[string]any{
		"id": discordApplication, "name": "Access Notifier", "verify_key": hex.EncodeToString(key),
		"bot": d.discordUser(d.author(c)), "interactions_endpoint_url": d.interactions.endpoint,
	})
}

// getUser is in resources/user, Get User. A bot gets no e-mail address.
func (d *Discord) getUser(c *call) response {
	id := c.params["user"]
	if !snowflake.MatchString(id) {
		problems := formErrors{}
		problems.report("user_id", "NUMBER_TYPE_COERCE", "Value \""+id+"\" is not snowflake.")
		return problems.response()
	}
	if d.userByID[id] == nil {
		return discordError(http.StatusNotFound, 10013, "Unknown User")
	}
	return jsonResponse(http.StatusOK, d.discordUser(id))
}

// encoded is JSON of what always encodes.
func encoded(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic("what a simulator sends cannot be encoded: " + err.Error())
	}
	return body
}
