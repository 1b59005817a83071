package budget

import (
	"net/http"
	"sync/atomic"
)

// counter counts calls of a chat service.
type counter struct{ calls atomic.Int64 }

func (c *counter) counting(next http.RoundTripper) http.RoundTripper {
	return transport(func(r *http.Request) (*http.Response, error) {
		c.calls.Add(1)
		return next.RoundTrip(r)
	})
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
