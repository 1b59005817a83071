package reminder

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accesslist"
	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// keyLength is the length of a post's key: Discord allows 25 characters.
const keyLength = 24

// maxName bounds what is repeated in a notice of a user's name.
const maxName = 100

// errLate means that storing a claim took so long that the call must not begin.
var errLate = errors.New("storing a claim takes too long")

// remindAll reminds those of the owners who should be by now. One whose reminder fails is not
// in the way of the others, but for what concerns them as well: they come first the next time.
func (r *Reminder) remindAll(ctx context.Context, due []accesslist.Batch) (wait time.Duration, err error) {
	wait = backoff.Around(interval)
	inARow := 0
	next, stopped := slices.BinarySearchFunc(due, r.stopped, func(b accesslist.Batch, at string) int { return strings.Compare(b.Owner, at) })
	if stopped {
		next++
	}
	r.stopped = ""
	for _, batch := range slices.Concat(due[next:], due[:next]) {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		id := ownerID(batch.Owner)
		now := time.Now()
		if !r.memory.of(id).isDue(now) || now.Before(r.blocked[id]) {
			continue
		}
		if left := r.memory.unsure[id].Sub(now); left > 0 {
			wait = min(wait, left)
			continue
		}
		failed := r.remind(ctx, id, batch)
		if failed == nil {
			inARow = 0
			delete(r.blocked, id)
			continue
		}
		pause, stop := r.outcome(id, batch.Owner, failed)
		if pause > 0 {
			r.stopped = batch.Owner
			return pause, failed
		}
		if !stop {
			continue
		}
		err = failed
		if inARow++; inARow == maxFailures {
			r.stopped = batch.Owner
			return 0, err
		}
	}
	r.sayWhoLacks(due)
	if err != nil {
		return 0, err
	}
	return wait, nil
}

// outcome says what becomes of a reminder that failed: how long all wait, and whether it
// should be tried again soon.
func (r *Reminder) outcome(id, owner string, err error) (pause time.Duration, again bool) {
	failure, answered := errors.AsType[*messenger.Error](err)
	if !answered {
		// The claim was not stored, or another operator has gone on.
		r.storeFailed(err)
		if errors.Is(err, errFull) {
			return interval, true
		}
		return 0, true
	}
	switch failure.Class {
	case messenger.Throttled:
		return failure.RetryAfter, true
	case messenger.MessengerPermanent:
		return r.options.Timing.SlowRetry, true
	case messenger.Transient:
		return 0, true
	default:
		r.block(id, owner, failure)
		return 0, false
	}
}

// block leaves an owner alone for a while who cannot be told, and names the owner when that
// begins.
func (r *Reminder) block(id, owner string, failure *messenger.Error) {
	_, named := r.blocked[id]
	r.blocked[id] = time.Now().Add(interval)
	if named {
		return
	}
	name := message.Cut(message.CleanLine(owner), maxName, message.CountRunes)
	r.options.Notice(status.Notice{
		Reason:    status.NoticeOwnerSkipped,
		Text:      fmt.Sprintf("Skipped owner %q of access lists, who cannot be reminded: %s", name, failure.Code),
		Recipient: name,
	})
}

// sayWhoLacks says how many owners cannot be told, and whether there are others of whom it is
// not known that they should be.
func (r *Reminder) sayWhoLacks(due []accesslist.Batch) {
	n := 0
	for _, batch := range due {
		if time.Now().Before(r.blocked[ownerID(batch.Owner)]) {
			n++
		}
	}
	var problems []string
	if n > 0 {
		problems = append(problems, fmt.Sprintf("of the owners of access lists, %d cannot be reminded, because the messenger does not find them or lets them not be told", n))
	}
	if r.tooMany {
		problems = append(problems, accesslist.ErrTooMany.Error()+", and owners of the others are not reminded")
	}
	r.setProblem(strings.Join(problems, "; "))
}

// remind posts one reminder, or finds out that it was posted.
func (r *Reminder) remind(ctx context.Context, id string, batch accesslist.Batch) error {
	// What has begun is finished.
	ctx = context.WithoutCancel(ctx)
	to, err := r.options.Find(ctx, batch.Owner)
	if err != nil {
		return messenger.AsError(err)
	}
	if e := r.memory.of(id); e.Since != 0 {
		found, err := r.find(ctx, to, id, e)
		if err != nil {
			return err
		}
		if found {
			return r.memory.posted(ctx, id, e)
		}
	}
	sent := time.Now()
	claimed, err := r.memory.claim(ctx, id, r.writer)
	if err != nil {
		return err
	}
	if time.Since(sent) >= r.options.Timing.ClaimFresh {
		return errLate
	}
	m := r.options.Words(batch.Lists, r.options.Lists.Cluster())
	if err := r.post(ctx, to, m, r.key(id, claimed)); err != nil {
		if err.Unclear {
			r.memory.unsure[id] = time.Now().Add(r.options.Timing.Waits().Settle)
		}
		return err
	}
	return r.memory.posted(ctx, id, claimed)
}

// find reports whether the reminder is there that was claimed. If that cannot be found out, it
// counts as not: late and twice is better than never.
func (r *Reminder) find(ctx context.Context, to messenger.Address, id string, e entry) (bool, error) {
	if _, unsure := r.memory.unsure[id]; !unsure || r.finder == nil {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.options.Timing.CallTimeout)
	defer cancel()
	refs, err := r.finder.Find(ctx, to, r.key(id, e), time.Unix(e.Since, 0))
	r.count("find", err)
	switch {
	case err == nil:
		return len(refs) > 0, nil
	case errors.Is(err, messenger.ErrNotFound), errors.Is(err, messenger.ErrCannotLook), messenger.AsError(err).Class == messenger.PermissionMissing:
		return false, nil
	default:
		return false, messenger.AsError(err)
	}
}

// post posts a reminder, once more in a plain form if that is what the service takes.
func (r *Reminder) post(ctx context.Context, to messenger.Address, m message.Message, key string) *messenger.Error {
	ctx, cancel := context.WithTimeout(ctx, r.options.Timing.CallTimeout)
	defer cancel()
	_, err := r.options.Messenger.Post(ctx, to, m, key)
	r.count("post", err)
	if err != nil && messenger.AsError(err).Class == messenger.ContentRejected {
		m.Plain = true
		_, err = r.options.Messenger.Post(ctx, to, m, key)
		r.count("post", err)
	}
	if err != nil {
		return messenger.AsError(err)
	}
	return nil
}

// count counts a call for a reminder, as the engine does with its own.
func (r *Reminder) count(action string, err error) {
	if err == nil || errors.Is(err, messenger.ErrNotFound) || errors.Is(err, messenger.ErrCannotLook) {
		r.options.Metrics.Delivered(action, "success")
		return
	}
	failure := messenger.AsError(err)
	r.options.Metrics.Delivered(action, failure.Class.String())
	if failure.Class == messenger.Throttled {
		r.options.Metrics.Throttled(failure.RetryAfter)
	}
}

// key identifies the reminder that was claimed. It is the same in every process.
func (r *Reminder) key(id string, e entry) string {
	mac := hmac.New(sha256.New, r.options.KeySecret)
	mac.Write([]byte(strings.Join([]string{"access-lists", id, strconv.FormatInt(e.Since, 10)}, "\x00")))
	return strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil))[:keyLength])
}
