package messenger

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestGuardChecksAddresses(t *testing.T) {
	tests := map[string]struct {
		addresses string
		strict    bool // refused without AllowLoopback
		lax       bool // refused with AllowLoopback
	}{
		"public":             {addresses: "93.184.216.34 2606:2800:220:1::1"},
		"private":            {addresses: "10.0.0.1 172.16.0.1 192.168.1.1 100.64.0.1 fd12::1"},
		"loopback":           {addresses: "127.0.0.1 127.9.9.9 ::1", strict: true},
		"loopback in IPv6":   {addresses: "::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::", strict: true},
		"link-local":         {addresses: "169.254.169.254 169.254.0.1 fe80::1 fe80::1%eth0", strict: true, lax: true},
		"link-local in IPv6": {addresses: "::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::1", strict: true, lax: true},
		"multicast":          {addresses: "224.0.0.1 239.1.2.3 ff02::1 ff0e::1", strict: true, lax: true},
		"unspecified":        {addresses: "0.0.0.0 0.1.2.3 :: ::ffff:0.0.0.0", strict: true, lax: true},
		"metadata":           {addresses: "fd00:ec2::254 fd20:ce::254 100.100.100.200 168.63.129.16", strict: true, lax: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for address := range strings.FieldsSeq(tt.addresses) {
				target := netip.AddrPortFrom(netip.MustParseAddr(address), 443).String()
				if err := newDialGuard(false).control("tcp", target, nil); (err != nil) != tt.strict {
					t.Errorf("%s: %v, want refused: %t", target, err, tt.strict)
				}
				if err := newDialGuard(true).control("tcp", target, nil); (err != nil) != tt.lax {
					t.Errorf("%s with loopback allowed: %v, want refused: %t", target, err, tt.lax)
				}
			}
		})
	}
	if err := newDialGuard(true).control("tcp", "chat.example.com:443", nil); err == nil {
		t.Error("a name is taken for an address")
	}
}

// The name is looked up, and what it means is refused.
func TestGuardLooksBehindNames(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the server was called")
	}))
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	tests := map[string]string{
		"http://localhost" + port:       "loopback_address",
		"http://127.0.0.1" + port:       "loopback_address",
		"http://[::ffff:7f00:1]" + port: "loopback_address",
		"http://0.0.0.0" + port:         "unspecified_address",
		"http://169.254.169.254/":       "link_local_address",
		"https://[fe80::1]/":            "link_local_address",
	}
	for address, code := range tests {
		t.Run(address, func(t *testing.T) {
			caller := &Caller{Client: NewHTTPClient(TransportConfig{}), Throttle: &Throttle{}}
			defer caller.Client.CloseIdleConnections()
			_, err := caller.Do(newRequest(t, address), "chat.test", Bucket{Method: "bucket"})
			checkError(t, err, Error{
				Class: MessengerPermanent, Code: code, Advice: addressError("").asError("").Advice,
			})
		})
	}
}

// guarded returns a client that refuses loopback and has a proxy.
func guarded(t *testing.T, proxy string) *Caller {
	t.Helper()
	address, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	guard := newDialGuard(false)
	guard.environment = http.ProxyURL(address)
	transport := &http.Transport{Proxy: guard.proxy, DialContext: guard.dial}
	t.Cleanup(transport.CloseIdleConnections)
	return &Caller{Client: &http.Client{Transport: transport}, Throttle: &Throttle{}}
}

func TestProxyMayBeAnywhere(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Host)
		_, _ = io.WriteString(w, "by proxy")
	}))
	defer proxy.Close()
	caller := guarded(t, proxy.URL)
	response, err := caller.Do(newRequest(t, "http://chat.example/"), "chat.test", Bucket{Method: "bucket"})
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(response.Body); string(body) != "by proxy" {
		t.Errorf("the answer is %q", body)
	}
	for _, address := range []string{"http://169.254.169.254/", "http://127.0.0.1/", "http://[::1]/"} {
		_, err := caller.Do(newRequest(t, address), "chat.test", Bucket{Method: "bucket"})
		if got := AsError(err); got.Class != MessengerPermanent || got.Unclear {
			t.Errorf("%s through the proxy: %+v, want a final refusal", address, got)
		}
	}
	if len(asked) != 1 || asked[0] != "chat.example" {
		t.Errorf("the proxy was asked for %q", asked)
	}
}

func TestBrokenProxySettingIsAnError(t *testing.T) {
	guard := newDialGuard(false)
	broken := errors.New("invalid proxy address")
	guard.environment = func(*http.Request) (*url.URL, error) { return nil, broken }
	if _, err := guard.proxy(newRequest(t, "http://chat.example/")); !errors.Is(err, broken) {
		t.Errorf("proxy = %v, want the error of the environment", err)
	}
}

func TestProxyWithoutAPort(t *testing.T) {
	for address, want := range map[string]string{
		"http://proxy.example":        "proxy.example:80",
		"https://proxy.example":       "proxy.example:443",
		"socks5://proxy.example":      "proxy.example:1080",
		"http://proxy.example:3128":   "proxy.example:3128",
		"http://user:pw@[::1]:3128/x": "[::1]:3128",
	} {
		proxy, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := hostPort(proxy); got != want {
			t.Errorf("hostPort(%s) = %q, want %q", address, got, want)
		}
	}
}
