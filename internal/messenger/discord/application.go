package discord

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const callApplication = "get current application"

// application is the one that the bot belongs to. Its id may be another one than the bot's.
type application struct {
	id string
	// key verifies what Discord sends.
	key ed25519.PublicKey
}

// applications remembers the bot's application. Whoever calls us without Discord's signature has
// it asked for again, so that this is bounded. The zero value knows nothing.
type applications struct {
	mu    sync.Mutex
	known application
	// notBefore is when it may be asked for again.
	notBefore time.Time
	// asked is closed when the question that is being asked is answered; nil if none is.
	asked chan struct{}
}

// errAskedLately means that the application is not known, and cannot be asked for yet.
var errAskedLately = errors.New("the application was asked for lately")

// application returns the bot's application, with another key than one that did not work, if
// that is given. It asks Discord for it if it has to, and may.
func (d *Discord) application(ctx context.Context, not ed25519.PublicKey) (application, error) {
	for {
		known, wait, err := d.applications.find(not, time.Now())
		switch {
		case err != nil:
			return application{}, err
		case known.key != nil:
			return known, nil
		case wait == nil:
			found, err := d.askApplication(ctx)
			d.applications.settle(found, time.Now())
			if err != nil {
				return application{}, err
			}
			if bytes.Equal(found.key, not) {
				return application{}, errAskedLately
			}
			return found, nil
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return application{}, ctx.Err()
		}
	}
}

// find returns the application, or what to wait for, or neither: then the caller has to ask, and
// to settle.
func (a *applications) find(not ed25519.PublicKey, now time.Time) (known application, wait <-chan struct{}, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.known.key != nil && !bytes.Equal(a.known.key, not):
		return a.known, nil, nil
	case a.asked != nil:
		return application{}, a.asked, nil
	case now.Before(a.notBefore):
		return application{}, nil, errAskedLately
	default:
		a.asked = make(chan struct{})
		return application{}, nil, nil
	}
}

// settle remembers an answer, if it is one, and lets others go on.
func (a *applications) settle(found application, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if found.key != nil {
		a.known = found
	}
	a.notBefore = now.Add(askAfterFailure)
	if a.known.key != nil {
		a.notBefore = now.Add(askAgainAfter)
	}
	close(a.asked)
	a.asked = nil
}

// askApplication is in https://discord.com/developers/docs/resources/application. The key is the
// one that the developer portal shows as the public key.
func (d *Discord) askApplication(ctx context.Context) (application, error) {
	var answer struct {
		ID        string `json:"id"`
		VerifyKey string `json:"verify_key"`
	}
	err := d.do(ctx, request{call: callApplication, method: http.MethodGet, path: "/applications/@me"}, &answer)
	if err != nil {
		return application{}, err
	}
	key, err := hex.DecodeString(answer.VerifyKey)
	if err != nil || len(key) != ed25519.PublicKeySize || !isSnowflake(answer.ID) {
		return application{}, messenger.BadResponse(callApplication)
	}
	return application{id: answer.ID, key: key}, nil
}
