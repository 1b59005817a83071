package messengertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// emailMail is a mail as a client shows it.
type emailMail struct {
	ID         string   `json:"id"`
	From       string   `json:"from"`
	To         string   `json:"to"`
	Subject    string   `json:"subject"`
	InReplyTo  string   `json:"inReplyTo,omitempty"`
	References []string `json:"references,omitempty"`
	Plain      string   `json:"plain"`
	HTML       string   `json:"html"`

	// Date is when it was sent.
	Date time.Time `json:"-"`
}

// notes are what mail says that follows a thread, and not where the request stands.
var notes = regexp.MustCompile(`: (Still pending after|Access ends soon|Access has ended)`)

func (m emailMail) isNote() bool {
	head, _, _ := strings.Cut(strings.TrimSpace(m.Plain), "\n")
	return notes.MatchString(head)
}

var (
	msgID = regexp.MustCompile(`^<([A-Za-z0-9.]+@[a-z0-9.-]+)>$`)
	// loads is what a client would fetch, run or submit.
	loads = regexp.MustCompile(`(?i)<\s*(img|script|link|iframe|object|embed|form|input|svg|video|audio|base|style|meta\s+http-equiv)\b|\bsrc\s*=|url\s*\(|@import|\son[a-z]+\s*=\s*["']`)
	href  = regexp.MustCompile(`(?i)href="([^"]*)"`)
)

// onceHeaders are those that a mail has once (RFC 5322, section 3.6), and must have here.
var onceHeaders = []string{"From", "To", "Subject", "Date", "Message-Id", "References", "Auto-Submitted", "Precedence", "Mime-Version", "Content-Type"}

// knownHeaders are all that a mail of ours has.
var knownHeaders = map[string]bool{"In-Reply-To": true, "User-Agent": true, "X-Mailer": true, "X-Auto-Response-Suppress": true}

// parseEmail refuses what no mail server, or no spam filter, should take.
func parseEmail(body []byte, from, to string) (m emailMail, err error) {
	for line := range strings.SplitSeq(string(body), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n\x00") {
			return m, errors.New("a line is too long, or holds what no line does")
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r >= utf8.RuneSelf }) {
			return m, errors.New("a line is not of 7 bits")
		}
	}
	parsed, err := mail.ReadMessage(strings.NewReader(string(body)))
	if err != nil {
		return m, err
	}
	if err := checkHeaders(parsed.Header); err != nil {
		return m, err
	}
	if err := m.readHeaders(parsed.Header, from, to); err != nil {
		return m, err
	}
	return m, m.readParts(parsed)
}

func checkHeaders(h mail.Header) error {
	known := map[string]bool{}
	for _, name := range onceHeaders {
		known[name] = true
		if len(h[name]) != 1 {
			return fmt.Errorf("the header %s is there %d times", name, len(h[name]))
		}
	}
	for name, values := range h {
		if !known[name] && !knownHeaders[name] || len(values) != 1 {
			return fmt.Errorf("the header %s is not known, or there twice", name)
		}
	}
	if h.Get("Auto-Submitted") != "auto-generated" || h.Get("Precedence") != "bulk" {
		return errors.New("robots would answer")
	}
	return nil
}

func (m *emailMail) readHeaders(h mail.Header, from, to string) (err error) {
	sender, err := mail.ParseAddress(h.Get("From"))
	if err != nil || !strings.EqualFold(sender.Address, from) {
		return errors.New("the sender is not that of the envelope")
	}
	receiver, err := h.AddressList("To")
	if err != nil || len(receiver) != 1 || !strings.EqualFold(receiver[0].Address, to) {
		return errors.New("the recipient is not that of the envelope")
	}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(h.Get("Subject")); err != nil || m.Subject == "" {
		return errors.New("there is no subject")
	}
	if m.Date, err = h.Date(); err != nil {
		return err
	}
	m.From, m.To = sender.String(), receiver[0].Address
	id := msgID.FindStringSubmatch(h.Get("Message-Id"))
	if id == nil {
		return errors.New("the Message-ID is none")
	}
	m.ID = id[1]
	for reference := range strings.FieldsSeq(h.Get("References")) {
		found := msgID.FindStringSubmatch(reference)
		if found == nil {
			return errors.New("a reference is none")
		}
		m.References = append(m.References, found[1])
	}
	if answer := h.Get("In-Reply-To"); answer != "" {
		found := msgID.FindStringSubmatch(answer)
		if found == nil || m.References[len(m.References)-1] != found[1] {
			return errors.New("the mail that it answers is none of its references")
		}
		m.InReplyTo = found[1]
	}
	return nil
}

// readParts reads the plain part and the HTML part, in this order.
func (m *emailMail) readParts(parsed *mail.Message) error {
	kind, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		return errors.New("it has no alternative")
	}
	parts := multipart.NewReader(parsed.Body, params["boundary"])
	for _, part := range []struct {
		kind string
		text *string
	}{{"text/plain", &m.Plain}, {"text/html", &m.HTML}} {
		next, err := parts.NextRawPart()
		if err != nil {
			return err
		}
		kind, params, err := mime.ParseMediaType(next.Header.Get("Content-Type"))
		if err != nil || kind != part.kind || !strings.EqualFold(params["charset"], "utf-8") ||
			next.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			return errors.New("there is no part of " + part.kind)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(next))
		if err != nil || !utf8.Valid(text) {
			return errors.New("the part of " + part.kind + " cannot be read")
		}
		*part.text = lines(text)
	}
	if _, err := parts.NextRawPart(); !errors.Is(err, io.EOF) {
		return errors.New("there are more parts")
	}
	if found := loads.FindString(m.HTML); found != "" {
		return errors.New("it would load something: " + found)
	}
	return nil
}

func (m emailMail) domain() string {
	_, domain, _ := strings.Cut(m.ID, "@")
	return domain
}

// shown is what a reader in a terminal sees.
func (m emailMail) shown() string { return joinLines([]string{m.Subject, strings.TrimSpace(m.Plain)}) }

// requestLine names the request, in any language. What people typed begins no line with it.
var requestLine = regexp.MustCompile(`(?m)^(?:Request|Anfrage|Demande|Solicitud|リクエスト|요청) ([A-Za-z0-9-]+)$`)

// raw is the mail with the address that a click leads to, and the request.
func (m emailMail) raw() json.RawMessage {
	type mailWithLink struct {
		emailMail
		URL     string `json:"url,omitempty"`
		Request struct {
			ID string `json:"id,omitempty"`
		} `json:"request"`
	}
	with := mailWithLink{emailMail: m}
	for _, found := range requestLine.FindAllStringSubmatch(m.Plain, -1) {
		with.Request.ID = found[1]
	}
	for _, found := range href.FindAllStringSubmatch(m.HTML, -1) {
		with.URL = html.UnescapeString(found[1])
	}
	raw, err := json.Marshal(with)
	if err != nil {
		panic("a mail of the simulator cannot be encoded: " + err.Error())
	}
	return raw
}

var (
	quotationMarks = regexp.MustCompile(`“[^”]*”`)
	htmlQuotations = regexp.MustCompile(`(?s)<head>.*?</head>|<code\b[^>]*>.*?</code>|<i>.*?</i>`)
	htmlTags       = regexp.MustCompile(`<[^>]*>`)
)

// outside returns what the sender says itself, in both parts.
func (m emailMail) outside() string {
	var ours []string
	for line := range strings.SplitSeq(m.shown(), "\n") {
		if !strings.HasPrefix(line, "> ") && line != ">" {
			ours = append(ours, quotationMarks.ReplaceAllString(line, ""))
		}
	}
	ours = append(ours, html.UnescapeString(htmlTags.ReplaceAllString(htmlQuotations.ReplaceAllString(m.HTML, ""), "")))
	return joinLines(ours)
}
