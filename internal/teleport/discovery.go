package teleport

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/gravitational/teleport/api/client/webclient"
)

const (
	// discoveryPath is where a Proxy tells about itself.
	discoveryPath = "/webapi/find"
	// maxDiscovery bounds its answer, which is about 3 KB.
	maxDiscovery = 1 << 20
	// maxDiscoveryHeaders bounds the headers of the answer.
	maxDiscoveryHeaders = 64 << 10
)

// errNoDiscovery is the error of an answer that no Proxy gives.
var errNoDiscovery = errors.New("the answer is not that of a Teleport Proxy")

// discover asks the Proxy at address about itself, by TLS only. It follows no
// redirects, which could lead to plain HTTP and to other hosts.
func (d Dialer) discover(ctx context.Context, address string, config *tls.Config) (*webclient.PingResponse, error) {
	transport := &http.Transport{
		Proxy:                  d.Guard.Proxy,
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
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	found, err := readDiscovery(response)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", discoveryPath, err)
	}
	return found, nil
}

func readDiscovery(response *http.Response) (*webclient.PingResponse, error) {
	if response.StatusCode != http.StatusOK {
		return nil, errNoDiscovery
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxDiscovery+1))
	if err != nil {
		return nil, err
	}
	var found webclient.PingResponse
	if len(body) > maxDiscovery || json.Unmarshal(body, &found) != nil {
		return nil, errNoDiscovery
	}
	if found.Proxy.SSH == (webclient.SSHProxySettings{}) {
		return nil, errNoDiscovery
	}
	return &found, nil
}

// webTLS is the configuration for a Proxy's web address.
func (i *Identity) webTLS() *tls.Config {
	return &tls.Config{RootCAs: i.privateCA, MinVersion: tls.VersionTLS12}
}
