package dialguard

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// ProxyError is a proxy's refusal to connect. Of its answer it has the status alone: net/http tells
// the rest of the status line, which may repeat what the proxy was asked, with the password for it.
type ProxyError struct{ Status int }

// Error implements error.
func (e ProxyError) Error() string { return fmt.Sprintf("the proxy answered with status %d", e.Status) }

// OnProxyAnswer is the OnProxyConnectResponse of an http.Transport. It returns a ProxyError if the
// proxy refuses.
func OnProxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return ProxyError{answer.StatusCode}
	}
	return nil
}
