package messengertest

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// Email simulates a mail server to which a program hands mail in: with STARTTLS, a login over
// TLS only, and mailboxes of its own. It refuses mail that is not as RFC 5322 and RFC 2045 have
// it, that loads something from elsewhere, and a name of the program that is none.
//
// Its tokens are passwords of the user EmailUser. A channel is a mailbox of a list.
type Email struct {
	server
	*directory
	*board[emailMail]
	limits RateLimits
	quotas limiter
	ids    int
	// threads are the first mails of each reference.
	threads map[string][]*entry[emailMail]
	// folds is true where a thread is one message.
	folds bool
}

const (
	// EmailUser is who logs in, a canary as DefaultToken is.
	EmailUser = "cnry316d6702918dcc741dc92ae1728ff836"
	// EmailFrom is the mailbox that the simulated server lets its user send from.
	EmailFrom = "Teleport <teleport@example.com>"
	// emailDomain is that of all mailboxes.
	emailDomain = "example.com"
	// emailCheck and emailPost are what Calls counts.
	emailCheck, emailPost = "check", "mail"
)

// errClosed says that the connection is to be closed without a reply.
var errClosed = errors.New("connection closed")

// NewEmail returns a mail server that does not listen yet.
func NewEmail(o Options) *Email {
	o = o.withDefaults()
	e := &Email{limits: o.RateLimits, threads: map[string][]*entry[emailMail]{}}
	e.server.init("email", "", o, e)
	e.listening.scheme, e.listening.front = "smtp", func(calls *running) front { return e.smtp(calls) }
	e.directory = newDirectory(&e.server.lock, e.newID, o.Token, nil)
	e.board = newBoard[emailMail](&e.server.lock)
	return e
}

// NewConversations returns a mail server whose readers see one message for each thread, which
// shows what the latest mail says, and the notes below it.
func NewConversations(o Options) *Email {
	e := NewEmail(o)
	e.folds = true
	return e
}

var notLocal = regexp.MustCompile(`[^a-z0-9._-]+`)

// AddChannel adds the mailbox of a list, whose id is its address.
func (e *Email) AddChannel(name string, options ...ChannelOption) string {
	e.server.lock.Lock()
	defer e.server.lock.Unlock()
	c := &channel{name: name, member: true, id: strings.Trim(notLocal.ReplaceAllString(strings.ToLower(name), "-"), "-.") + "@" + emailDomain}
	for _, option := range options {
		option(c)
	}
	if have := e.channelByID[c.id]; have != nil {
		return have.id
	}
	e.addChannel(c)
	return c.id
}

func (e *Email) newID(kind byte) string {
	e.ids++
	return fmt.Sprintf("%c%d", kind, e.ids)
}

// mailbox finds the mailbox of an address: that of a list, or a person's, which is made when
// mail comes first.
func (e *Email) mailbox(address string) *channel {
	address = strings.ToLower(address)
	if c := e.channelByID[address]; c != nil {
		if !c.member || c.archived || c.readOnly {
			return nil
		}
		return c
	}
	for _, u := range e.users {
		if strings.EqualFold(u.email, address) && u.email != "" && !u.deactivated && !u.noDirect {
			return &channel{id: address, member: true, direct: true, user: u.id}
		}
	}
	return nil
}

// emailReply is a reply of the server, with its enhanced code.
func emailReply(code int, status, text string) response {
	return response{status: code, header: http.Header{}, body: []byte(status + " " + text)}
}

func (e *Email) route(r *http.Request, body []byte) *call {
	c := &call{method: emailPost, channel: r.Header.Get("To"), http: r, body: body}
	if r.Method == emailCheck {
		c.method = emailCheck
	}
	return c
}

func (e *Email) serve(c *call) response {
	if c.method == emailCheck {
		return emailReply(250, "2.0.0", "OK")
	}
	for key, limit := range map[string]RateLimit{
		"all": e.limits.Token, "method " + c.method: e.limits.Method[c.method], "channel " + c.channel: e.limits.Channel,
	} {
		if q := e.quotas.take(key, limit, e.now()); !q.ok {
			return emailReply(450, "4.7.1", "Too much mail")
		}
	}
	to := e.mailbox(c.channel)
	if to == nil {
		return emailReply(550, "5.1.1", "No such mailbox")
	}
	m, err := parseEmail(c.body, c.http.Header.Get("From"), c.channel)
	if err != nil {
		return emailReply(554, "5.6.0", err.Error())
	}
	e.keep(to, m)
	return emailReply(250, "2.0.0", "OK: queued").changed()
}

// keep stores a mail. One that comes again is counted again, although a client may show it once.
func (e *Email) keep(to *channel, m emailMail) {
	id := strings.TrimSuffix(m.ID, "@"+m.domain())
	thread := to.id + " " + strings.Join(m.References[:min(len(m.References), 1)], "")
	known := e.threads[thread]
	if e.folds && len(known) > 0 && !m.isNote() && known[0].msg.ID != m.ID {
		if m.Date.Before(known[0].msg.Date) {
			// It is late, and stands above what has said more.
			return
		}
		for _, each := range known {
			each.msg = m
			each.post.revise(appearance{key: id, text: m.shown(), raw: m.raw()}, e.now(), e.late)
			e.touch(each)
		}
		return
	}
	added := &entry[emailMail]{post: newPost("email", to, id), msg: m}
	added.post.Created = e.now()
	switch {
	case e.folds && len(known) > 0 && m.isNote():
		added.post.ThreadOf = known[0].post.ID
	case !e.folds:
		added.post.ThreadOf = strings.TrimSuffix(m.InReplyTo, "@"+m.domain())
	}
	added.post.revise(appearance{key: id, text: m.shown(), raw: m.raw()}, e.now(), e.late)
	e.add(added)
	if added.post.ThreadOf == "" {
		e.threads[thread] = append(known, added)
	}
}

func (e *Email) throttled(_ *call, t Throttling) response {
	if t.Scope == ScopeChannel {
		return emailReply(450, "4.2.1", "The mailbox gets too much mail")
	}
	return emailReply(450, "4.7.1", "Too much mail")
}

// failed answers with a code such as "550 5.1.1"; without one, the connection ends.
func (e *Email) failed(_ *call, f Failure) response {
	if f.Code == "" {
		return response{status: 0, header: http.Header{}}
	}
	code, status, _ := strings.Cut(f.Code, " ")
	number, err := strconv.Atoi(code)
	if err != nil {
		panic("a mail server answers with a code such as 550 5.1.1, and " + f.Code + " is none")
	}
	return emailReply(number, status, "refused")
}

// Crowd makes another program send n mails with a text to a mailbox.
func (e *Email) Crowd(to string, n int, text string) {
	e.server.lock.Lock()
	for i := range n {
		m := emailMail{ID: fmt.Sprintf("crowd%d.%d@%s", len(e.entries), i, emailDomain), Subject: text, Plain: text, HTML: text}
		e.keep(e.channelByID[to], m)
	}
	e.server.lock.Unlock()
	e.flush()
}

// hand takes in what a client has handed in, and returns the reply.
func (e *Email) hand(r *http.Request, body []byte) (response, error) {
	answer, err := e.exchange(r, body)
	if err != nil || answer.status == 0 {
		return answer, errClosed
	}
	return answer, nil
}

// lines are those of a body, whatever ends them.
func lines(body []byte) string { return string(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))) }
