package messenger

import (
	"context"
	"errors"
	"net"
	"net/http/httptrace"
	"sync/atomic"
	"syscall"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
)

// sending observes how far a request got. The hooks are called on goroutines of
// net/http, possibly after Do has returned.
type sending struct {
	dialled atomic.Bool
	written atomic.Bool
	// answered is true once an answer had begun.
	answered bool
}

// trace returns a context that reports to s.
func (s *sending) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// net/http tries again by itself only when it knows that nothing reached
		// the server: a new connection begins from nothing.
		GetConn: func(string) {
			s.dialled.Store(true)
			s.written.Store(false)
		},
		// The hook runs before the last byte of a request can leave, so that a
		// server that acted on a request is always preceded by it.
		WroteHeaders: func() { s.written.Store(true) },
	})
}

// unclear reports whether the service may have received the request. A
// transport that reports nothing is taken at its worst.
func (s *sending) unclear(err error) bool {
	switch {
	case s.answered:
		return true
	case s.dialled.Load():
		return s.written.Load()
	default:
		return !neverConnected(err)
	}
}

func neverConnected(err error) bool {
	_, isDNS := errors.AsType[*net.DNSError](err)
	return isDNS || errors.Is(err, syscall.ECONNREFUSED)
}

// transportError describes a failure that came without an answer. Its text may hold a URL, an
// address or a proxy's credentials.
func transportError(call string, err error, sent *sending) *Error {
	return ConnectionError(call, err, sent.unclear(err))
}

// ConnectionError describes a call that a connection failed, or failed to come about, which may
// have taken effect if that is unclear. The cause is named, not wrapped.
func ConnectionError(call string, err error, unclear bool) *Error {
	if refused, ok := errors.AsType[dialguard.AddressError](err); ok {
		return refusedAddress(call, refused)
	}
	for _, cause := range causes {
		if cause.is(err) {
			return &Error{Class: Transient, Call: call, Code: cause.code, What: cause.what, Advice: cause.advice, Unclear: unclear}
		}
	}
	if unclear {
		return &Error{Class: Transient, Call: call, Code: "connection_lost", What: whatLost, Unclear: true}
	}
	return &Error{Class: Transient, Call: call, Code: "connection_failed", What: whatFailed, Advice: adviceNetwork}
}
