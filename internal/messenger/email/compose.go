package email

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	mail "github.com/wneessen/go-mail"
)

// content is what a reader sees of a mail.
type content struct{ subject, text, html string }

// thread is where a mail stands among those about one request to one recipient.
type thread struct {
	// root names the thread, and previous the mail that this one answers, if it does.
	root, previous string
	// key is that of the mail, if it is not the first.
	key string
}

// known is an id, or a part of one, that may stand in a header. A record may say anything.
var known = regexp.MustCompile(`^[A-Za-z0-9]{1,64}(\.[A-Za-z0-9]{1,64}){0,3}$`)

func newThread(key string) thread { return thread{root: part(key)} }

// continueThread is the thread of a mail that was sent before.
func continueThread(previous, key string) thread {
	if !known.MatchString(previous) {
		return newThread(key)
	}
	root, _, _ := strings.Cut(previous, ".")
	return thread{root: root, previous: previous, key: part(key)}
}

// part is a key as a part of an id.
func part(key string) string {
	switch {
	case key == "":
		return strings.ToLower(rand.Text())
	case known.MatchString(key) && !strings.Contains(key, "."):
		return key
	default:
		sum := sha256.Sum256([]byte(key))
		return hex.EncodeToString(sum[:12])
	}
}

// id is what tells a mail from others: the same for one that is sent again, so that clients
// show it once, and another for one that says something else, so that they show that too.
func (t thread) id(c content) string {
	sum := sha256.Sum256([]byte(c.subject + "\x00" + c.text))
	parts := []string{t.root}
	if t.key != "" {
		parts = append(parts, t.key)
	}
	return strings.Join(append(parts, hex.EncodeToString(sum[:6])), ".")
}

// references are the mails that a mail belongs to: first one that is never sent, by which those
// find together of which an earlier one may not have come.
func (t thread) references(domain string) string {
	all := "<" + t.root + "@" + domain + ">"
	if t.previous != "" {
		all += " <" + t.previous + "@" + domain + ">"
	}
	return all
}

// compose writes a mail (RFC 5322, RFC 2045).
func (e *Email) compose(to string, c content, t thread, id string) ([]byte, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithEncoding(mail.EncodingQP))
	m.FromMailAddress(&e.settings.from)
	if err := m.To(to); err != nil {
		return nil, err
	}
	m.Subject(c.subject)
	m.SetDateWithValue(time.Now())
	m.SetMessageIDWithValue(id + "@" + e.settings.domain)
	if t.previous != "" {
		m.SetGenHeaderPreformatted("In-Reply-To", "<"+t.previous+"@"+e.settings.domain+">")
	}
	m.SetGenHeaderPreformatted("References", t.references(e.settings.domain))
	// No robot answers (RFC 3834, section 5; and what is older, or Exchange's).
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetBulk()
	m.SetUserAgent(e.agent)
	m.SetBodyString(mail.TypeTextPlain, c.text)
	m.AddAlternativeString(mail.TypeTextHTML, c.html)
	var b bytes.Buffer
	_, err := m.WriteTo(&b)
	return b.Bytes(), err
}
