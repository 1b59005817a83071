package deliver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"time"
)

// keyLength is the length of a post's key: Discord allows 25 characters.
const keyLength = 24

// keys makes the keys of posts. A key is the same in every process, so that a post can
// be found again, and cannot be guessed by others.
type keys struct {
	secret []byte
}

// of identifies the post about a request at an address, or with part a reply below it, or a
// message or note that follows it.
func (k keys) of(id, address, part string) string {
	mac := hmac.New(sha256.New, k.secret)
	mac.Write([]byte(strings.Join([]string{id, address, part}, "\x00")))
	return strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil))[:keyLength])
}

// noteOf is the key of the note that was due at a time.
func (k keys) noteOf(id, address string, due time.Time) string {
	return k.of(id, address, "note\x00"+strconv.FormatInt(due.Unix(), 10))
}

// followOf is the key of the message that follows one which cannot be edited any more.
func (k keys) followOf(id, address, old string) string {
	return k.of(id, address, "follow\x00"+old)
}
