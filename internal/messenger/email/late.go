package email

import (
	"context"
	"sync"
	"time"
)

const (
	// replyWithin is how long the reply to the end of a mail is waited for. Some servers look at
	// all of a mail before they reply: whoever gives up sooner, and sends it again, has it
	// delivered again and again (RFC 5321, section 4.5.3.2.6, which wants 10 minutes).
	replyWithin = 5 * time.Minute
	// maxLate is how many replies are waited for beyond the time of their calls.
	maxLate = 10
	// knownFor is how long a reply is remembered that no one has asked for.
	knownFor = time.Hour
)

// lateReplies are those to mails whose calls have ended before. A mail that is sent again is not
// sent while its reply may come, and takes it. The zero value is ready for use.
type lateReplies struct {
	mu      sync.Mutex
	byMail  map[string]*lateReply
	waiting int
}

// lateReply is one of them.
type lateReply struct {
	// done is closed when all else is set.
	done chan struct{}
	err  error
	at   time.Time
}

// keep waits for the reply to a mail. It reports false where there are too many.
func (l *lateReplies) keep(mail string, wait func() error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting >= maxLate {
		return false
	}
	l.prune()
	r := &lateReply{done: make(chan struct{})}
	if l.byMail == nil {
		l.byMail = map[string]*lateReply{}
	}
	l.byMail[mail] = r
	l.waiting++
	go func() {
		err := wait()
		l.mu.Lock()
		defer l.mu.Unlock()
		l.waiting--
		r.err, r.at = err, time.Now()
		close(r.done)
	}()
	return true
}

// prune forgets replies that no one asks for. The caller holds the lock.
func (l *lateReplies) prune() {
	for mail, r := range l.byMail {
		if !r.at.IsZero() && time.Since(r.at) > knownFor {
			delete(l.byMail, mail)
		}
	}
}

// of returns the reply to a mail, nil if none is waited for.
func (l *lateReplies) of(mail string) *lateReply {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byMail[mail]
}

// take waits for a reply until ctx ends, and forgets it then. Until it is there, what became of
// the mail is unclear.
func (l *lateReplies) take(ctx context.Context, mail string, r *lateReply) error {
	select {
	case <-r.done:
	case <-ctx.Done():
		return &stepError{ending, context.Cause(ctx), true}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byMail[mail] == r {
		delete(l.byMail, mail)
	}
	return r.err
}
