package dialguard

import (
	"errors"
	"io"
	"net"
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
		strict    bool // refused without an allowed network
		lax       bool // refused although loopback is allowed
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
				if err := New().control("tcp", target, nil); (err != nil) != tt.strict {
					t.Errorf("%s: %v, want refused: %t", target, err, tt.strict)
				}
				if err := New(Loopback()...).control("tcp", target, nil); (err != nil) != tt.lax {
					t.Errorf("%s with loopback allowed: %v, want refused: %t", target, err, tt.lax)
				}
			}
		})
	}
	if err := New(Loopback()...).control("tcp", "chat.example.com:443", nil); err == nil {
		t.Error("a name is taken for an address")
	}
}

// Each row of the IANA special-purpose address registries, and each cloud's
// metadata service, by its first and last address.
func TestGuardKnowsEachRangeOfTheRegistries(t *testing.T) {
	const allowed = ""
	tests := map[string]string{
		// IPv4: https://www.iana.org/assignments/iana-ipv4-special-registry
		"0.0.0.0/8":          unspecified,
		"10.0.0.0/8":         allowed,
		"100.64.0.0/10":      allowed, // but Alibaba's metadata, below
		"127.0.0.0/8":        loopback,
		"169.254.0.0/16":     linkLocal,
		"172.16.0.0/12":      allowed,
		"192.0.0.0/24":       reserved,
		"192.0.0.0/29":       reserved,
		"192.0.0.8/32":       reserved,
		"192.0.0.9/32":       reserved,
		"192.0.0.10/32":      reserved,
		"192.0.0.170/32":     reserved,
		"192.0.0.171/32":     reserved,
		"192.0.2.0/24":       reserved,
		"192.31.196.0/24":    allowed, // globally reachable
		"192.52.193.0/24":    allowed,
		"192.88.99.0/24":     reserved,
		"192.168.0.0/16":     allowed,
		"192.175.48.0/24":    allowed,
		"198.18.0.0/15":      allowed, // handed out by egress gateways
		"198.51.100.0/24":    reserved,
		"203.0.113.0/24":     reserved,
		"224.0.0.0/4":        multicast,
		"240.0.0.0/8":        allowed, // handed out by service meshes and clouds
		"255.255.255.255/32": multicast,

		// IPv6: https://www.iana.org/assignments/iana-ipv6-special-registry
		"::1/128":           loopback,
		"::/128":            unspecified,
		"100::/64":          reserved,
		"100:0:0:1::/64":    reserved,
		"2001::/32":         reserved,
		"2001:1::1/128":     reserved,
		"2001:1::2/128":     reserved,
		"2001:1::3/128":     reserved,
		"2001:2::/48":       allowed, // handed out by service meshes
		"2001:3::/32":       reserved,
		"2001:4:112::/48":   reserved,
		"2001:10::/28":      reserved,
		"2001:20::/28":      reserved,
		"2001:30::/28":      reserved,
		"2001:db8::/32":     reserved,
		"2620:4f:8000::/48": allowed, // globally reachable
		"3fff::/20":         reserved,
		"5f00::/16":         reserved,
		"fc00::/8":          allowed,
		"fd12::/16":         allowed,
		"fe80::/10":         linkLocal,
		"fec0::/10":         linkLocal,
		"ff00::/8":          multicast,

		// Metadata services and credentials elsewhere than on the link.
		"100.100.100.200/32":     metadata,
		"168.63.129.16/32":       metadata,
		"192.0.0.192/32":         reserved,
		"fd00:ec2::254/128":      metadata,
		"fd00:ec2::23/128":       metadata,
		"fd20:ce::254/128":       metadata,
		"fd00:c1::a9fe:a9fe/128": metadata,
		"fd00:a9fe:a9fe::1/128":  metadata,
		"fd00:42::42/128":        metadata,

		// IPv4 in IPv6, in every form.
		"::7f00:1/128":                      loopback, // compatible
		"::a9fe:a9fe/128":                   linkLocal,
		"::ffff:a9fe:a9fe/128":              linkLocal, // mapped
		"::ffff:0:7f00:1/128":               loopback,  // translated
		"::ffff:0:a9fe:a9fe/128":            linkLocal,
		"64:ff9b::6464:64c8/128":            metadata,
		"64:ff9b::808:808/128":              allowed,
		"64:ff9b:1::a9fe:a9fe/128":          linkLocal, // a prefix of 96 bits
		"64:ff9b:1::808:808/128":            allowed,
		"64:ff9b:1:a9fe:a9:fe00::/128":      linkLocal, // of 48 bits
		"64:ff9b:1:12a9:fe:a9fe::/128":      linkLocal, // of 56 bits
		"64:ff9b:1:1234:a9:fea9:fe00::/128": linkLocal, // of 64 bits
		"2002:a9fe:a9fe::/128":              linkLocal,
		"2002:7f00:1:1234::1/128":           loopback,
		"2002:808:808::1/128":               allowed,
		"2606:4700::5efe:7f00:1/128":        loopback, // ISATAP
		"2606:4700::200:5efe:a9fe:a9fe/128": linkLocal,
		"2606:4700::5efe:808:808/128":       allowed,
		"2002:808:808::5efe:7f00:1/128":     loopback, // ISATAP in 6to4
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			prefix := netip.MustParsePrefix(text)
			for _, ip := range []netip.Addr{prefix.Masked().Addr(), last(prefix)} {
				err := New().Check(ip)
				got, refused := errors.AsType[AddressError](err)
				if refused != (want != allowed) || string(got) != want {
					t.Errorf("%v: %q, want %q", ip, got, want)
				}
				if err := New(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")).Check(ip); err != nil {
					t.Errorf("%v although everything is allowed: %v", ip, err)
				}
			}
		})
	}
}

// last returns the last address of a prefix.
func last(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(b); bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	ip, _ := netip.AddrFromSlice(b)
	return ip
}

func TestAPrivateGuardKeepsToPrivateNetworks(t *testing.T) {
	for addresses, want := range map[string]string{
		"10.0.0.1 172.31.255.255 192.168.1.1 100.64.0.1 34.118.224.1 34.118.239.255 fd12::1 ::ffff:10.0.0.1 64:ff9b::a00:1": "",
		"93.184.216.34 34.118.223.255 34.118.240.0 172.32.0.1 100.128.0.1 2606:2800:220:1::1 ::ffff:8.8.8.8 64:ff9b::808:808 " +
			"198.18.0.1 240.240.0.1 2002:a00:1::1 2606:4700::5efe:a00:1": public,
		"127.0.0.1 ::1":   loopback,
		"169.254.169.254": linkLocal,
		"100.100.100.200": metadata,
		"fd00:ec2::254":   metadata,
	} {
		for address := range strings.FieldsSeq(addresses) {
			err := NewPrivate().Check(netip.MustParseAddr(address))
			if got, _ := errors.AsType[AddressError](err); string(got) != want {
				t.Errorf("%s: %q, want %q", address, got, want)
			}
		}
	}
	if err := NewPrivate(netip.MustParsePrefix("203.0.114.0/24")).Check(netip.MustParseAddr("203.0.114.1")); err != nil {
		t.Errorf("an allowed network: %v", err)
	}
}

func TestAllowedNetworksAreNoMoreThanNamed(t *testing.T) {
	guard := New(netip.MustParsePrefix("169.254.20.10/32"))
	if err := guard.Check(netip.MustParseAddr("::ffff:169.254.20.10")); err != nil {
		t.Errorf("the allowed address: %v", err)
	}
	for _, ip := range []string{"169.254.20.11", "127.0.0.1", "169.254.169.254"} {
		if guard.Check(netip.MustParseAddr(ip)) == nil {
			t.Errorf("%s is allowed, too", ip)
		}
	}
}

func TestDialRefusesBeforeItConnects(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lis.Close() }()
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		if conn, err := lis.Accept(); err == nil {
			t.Error("connected")
			_ = conn.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(lis.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost"} {
		_, err := New().DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
		if refused, ok := errors.AsType[AddressError](err); !ok || refused != loopback {
			t.Errorf("%s: %v", host, err)
		}
	}
	_ = lis.Close()
	<-accepted
}

// guarded returns a client that refuses loopback and has a proxy.
func guarded(t *testing.T, proxy string) *http.Client {
	t.Helper()
	address, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	guard := New()
	guard.Environment = http.ProxyURL(address)
	transport := &http.Transport{Proxy: guard.Proxy, DialContext: guard.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func get(t *testing.T, client *http.Client, address string) (string, error) {
	t.Helper()
	response, err := client.Do(newRequest(t, address))
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func newRequest(t *testing.T, address string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return request
}

func TestProxyMayBeAnywhere(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Host)
		_, _ = io.WriteString(w, "by proxy")
	}))
	defer proxy.Close()
	client := guarded(t, proxy.URL)
	if body, err := get(t, client, "http://chat.example/"); err != nil || body != "by proxy" {
		t.Errorf("the answer is %q, %v", body, err)
	}
	for _, address := range []string{"http://169.254.169.254/", "http://127.0.0.1/", "http://[::1]/"} {
		_, err := get(t, client, address)
		if _, ok := errors.AsType[AddressError](err); !ok {
			t.Errorf("%s through the proxy: %v, want a refusal", address, err)
		}
	}
	if len(asked) != 1 || asked[0] != "chat.example" {
		t.Errorf("the proxy was asked for %q", asked)
	}
}

func TestBrokenProxySettingIsAnError(t *testing.T) {
	guard := New()
	broken := errors.New("invalid proxy address")
	guard.Environment = func(*http.Request) (*url.URL, error) { return nil, broken }
	if _, err := guard.Proxy(newRequest(t, "http://chat.example/")); !errors.Is(err, broken) {
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
