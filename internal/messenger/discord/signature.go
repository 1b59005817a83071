package discord

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// signed is what Discord says of a call to us in its header; see
// https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint-validating-security-request-headers.
type signed struct {
	signature []byte
	timestamp string
}

// readSigned reads the header of a call, false if it cannot be Discord's.
func readSigned(header http.Header, now time.Time) (signed, bool) {
	signature, err := hex.DecodeString(header.Get("X-Signature-Ed25519"))
	if err != nil || len(signature) != ed25519.SignatureSize {
		return signed{}, false
	}
	timestamp := header.Get("X-Signature-Timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return signed{}, false
	}
	age := now.Sub(time.Unix(seconds, 0))
	return signed{signature, timestamp}, age.Abs() <= maxAge
}

// by reports whether a body was signed with the key.
func (s signed) by(key ed25519.PublicKey, body []byte) bool {
	return ed25519.Verify(key, slices.Concat([]byte(s.timestamp), body), s.signature)
}

// verify returns the application that a call is for. If the call is not Discord's, or if that
// cannot be found out, it returns the status to answer with.
//
// The key of an application can be made anew, so that a signature that does not fit may mean
// that. A caller who hangs up does not end the question: else any
// caller could keep us from asking.
func (d *Discord) verify(ctx context.Context, header http.Header, body []byte) (application, int) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askWithin)
	defer cancel()
	s, ok := readSigned(header, time.Now())
	if !ok {
		return application{}, http.StatusUnauthorized
	}
	app, err := d.application(ctx, nil)
	if err != nil {
		return application{}, http.StatusServiceUnavailable
	}
	if s.by(app.key, body) {
		return app, 0
	}
	app, err = d.application(ctx, app.key)
	if err != nil || !s.by(app.key, body) {
		return application{}, http.StatusUnauthorized
	}
	return app, 0
}
