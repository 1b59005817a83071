package teleport

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"

	"github.com/gravitational/teleport/api/client/webclient"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
)

const (
	// discoveryPath is where a Proxy tells about itself.
	discoveryPath = "/webapi/find"
	// maxDiscovery bounds its answer, which is about 3 KB.
	maxDiscovery = 1 << 20
	// maxDiscoveryHeaders bounds the headers of the answer.
	maxDiscoveryHeaders = 64 << 10
)

// answerError is the error of an answer that no Proxy gives.
type answerError struct {
	// what says what answered, in words of ours.
	what string
	// gateway is set for what a gateway answers whose servers are down. Teleport may be one.
	gateway bool
}

// noDiscovery and noBackend are the errors' texts.
const (
	noDiscovery = "the answer is not that of a Teleport Proxy"
	noBackend   = "the answer is that of a gateway without a server"
)

// Error implements error.
func (a *answerError) Error() string {
	if a.gateway {
		return noBackend
	}
	return noDiscovery
}

// answerErrorOf describes an answer, of which it repeats nothing but the status.
func answerErrorOf(response *http.Response) *answerError {
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")) // "" is none that is known
	what := map[string]string{"text/html": "an HTML page", "application/json": "JSON of its own"}[media]
	switch status := response.StatusCode; {
	case status >= 300 && status < 400:
		return &answerError{what: "a web server that leads to another address"}
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		return &answerError{what: fmt.Sprintf("a gateway with HTTP status %d", status), gateway: true}
	case status != http.StatusOK:
		return &answerError{what: fmt.Sprintf("a web server with HTTP status %d", status)}
	default:
		return &answerError{what: "a web server with " + cmp.Or(what, "other content")}
	}
}

// discover asks the Proxy at address about itself, by TLS only. It follows no
// redirects, which could lead to plain HTTP and to other hosts.
func (d Dialer) discover(ctx context.Context, address string, config *tls.Config) (*webclient.PingResponse, error) {
	transport := &http.Transport{
		Proxy:                  d.Guard.Proxy,
		OnProxyConnectResponse: dialguard.OnProxyAnswer,
		DialContext:            d.Guard.DialContext,
		TLSClientConfig:        config,
		MaxResponseHeaderBytes: maxDiscoveryHeaders,
		DisableKeepAlives:      true,
	}
	defer transport.CloseIdleConnections()
	caller := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	where := url.URL{Scheme: "https", Host: address, Path: discoveryPath}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", discoveryPath, err)
	}
	response, err := caller.Do(request)
	if refused, ok := errors.AsType[dialguard.ProxyError](err); ok {
		return nil, fmt.Errorf(outboundProxy+"%w", refused)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	found, err := readDiscovery(ctx, response)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", discoveryPath, err)
	}
	return found, nil
}

func readDiscovery(ctx context.Context, response *http.Response) (*webclient.PingResponse, error) {
	if response.StatusCode != http.StatusOK {
		return nil, answerErrorOf(response)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxDiscovery+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxDiscovery {
		return nil, answerErrorOf(response)
	}
	var found webclient.PingResponse
	if json.Unmarshal(body, &found) != nil {
		// A server that learns that its reader goes may still end its answer, as though it
		// were whole.
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, answerErrorOf(response)
	}
	if found.Proxy.SSH == (webclient.SSHProxySettings{}) {
		return nil, answerErrorOf(response)
	}
	return &found, nil
}

// webTLS is the configuration for a Proxy's web address.
func (i *Identity) webTLS() *tls.Config {
	return &tls.Config{RootCAs: i.privateCA, MinVersion: tls.VersionTLS12}
}
