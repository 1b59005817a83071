package api

import (
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/accessnotifier/accessnotifier/internal/hostport"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
)

// hosts are hosts as they stand before a port, and whether they can be one.
func hosts() map[string]bool {
	const label = "a23456789012345678901234567890123456789012345678901234567890123" // 63 characters
	return map[string]bool{
		"teleport.example.com": true, "a": true, "localhost": true, "a-b.c_d.example": true, "1.example": true, "xn--bcher-kva.example": true,
		"teleport.access.svc": true, "3com": true, label: true, label + "." + label: true,
		strings.Repeat("a.", 126) + "a": true,
		"0.0.0.0":                       true, "192.0.2.1": true, "255.255.255.255": true,
		"[::]": true, "[::1]": true, "[1::]": true, "[2001:db8::1]": true, "[2001:DB8:0:0:0:0:0:1]": true, "[1:2:3:4:5:6:7:8]": true,
		"[1:2:3:4:5:6:7::]": true, "[::2:3:4:5:6:7:8]": true, "[1:2:3::5:6:7:8]": true, "[fe80::1]": true,
		"[::ffff:192.0.2.1]": true, "[64:ff9b::192.0.2.1]": true, "[1:2:3:4:5:6:192.0.2.1]": true, "[1:2:3::5:6:192.0.2.1]": true, "[::192.0.2.1]": true,

		"": false, " ": false, ".": false, "-": false, "_": false, "a.": false, ".a": false, "a..b": false, "-a": false, "a-": false, "_a": false, "a_": false,
		"a-.b": false, "a.-b": false, "*.example.com": false, "a b": false, " a": false, "a ": false, "bücher.example": false, "a\u200bb": false, "a\tb": false,
		"a\n": false, "a,b": false, "a@b": false, `a\b`: false, "a%b": false, label + "4": false, strings.Repeat("a.", 126) + "aa": false,
		"1": false, "443": false, "1.2.3": false, "1.2.3.4.5": false, "256.0.0.1": false, "01.2.3.4": false, "1.2.3.04": false, "example.1": false, "1..2.3": false,
		"[:::]": false, "[]": false, "[:]": false, "[::": false, "::]": false, "[::]]": false, "[[::]": false, "::": false, "::1": false, "2001:db8::1": false,
		"[1:2:3:4:5:6:7]": false, "[1:2:3:4:5:6:7:8:9]": false, "[1::2::3]": false, "[1:2:3:4:5:6:7:8::]": false, "[::1:2:3:4:5:6:7:8]": false,
		"[1:2:3:4::5:6:7:8]": false, "[12345::]": false, "[g::]": false, "[1:::2]": false, "[:1]": false, "[1:]": false, "[::1": false, "::1]": false,
		"[fe80::1%eth0]": false, "[fe80::1%25eth0]": false, "[192.0.2.1]": false, "[a]": false, "[ ::1]": false, "[::1 ]": false,
		"[1:2:3:4:5:6:7:192.0.2.1]": false, "[1:2:3:4:5:192.0.2.1]": false, "[::2:3:4:5:6:7:192.0.2.1]": false, "[192.0.2.1::]": false, "[::192.0.2]": false,
		"[::192.0.2.256]": false, "[::192.0.2.01]": false, "[::192.0.2.1:1]": false, "[:::192.0.2.1]": false,
		"x[::1]": false, "[::1]x": false,
	}
}

// ports are ports with what separates them from a host, and whether they can be one.
func ports() map[string]bool {
	return map[string]bool{
		":1": true, ":443": true, ":3080": true, ":65535": true,
		":0": false, ":00": false, ":0443": false, ":65536": false, ":99999": false, ":100000": false, ":99999999999999999999": false, ":": false,
		":-1": false, ":+443": false, ":https": false, ": 443": false, ":443 ": false, " :443": false, ":4 43": false, ":443\n": false, ":٤٤٣": false,
		":443:443": false, ":443,": false, ":443-445": false, ":443,3080": false, ":443/": false, ":443/web": false, ":443?": false, ":443#": false, "::443": false,
	}
}

// addresses are addresses with a host and a port, and whether they can be one.
func addresses() map[string]bool {
	all := map[string]bool{
		"teleport.example.com": false, "[::1]": false, "192.0.2.1": false, "https://teleport.example.com:443": false, "https://teleport.example.com": false,
		"tls://teleport.example.com:443": false, "//teleport.example.com:443": false, "user@teleport.example.com:443": false, "user:pass@teleport.example.com:443": false,
		"a.example.com:443,b.example.com:443": false, "a.example.com:443 b.example.com:443": false, "2001:db8::1:443": false,
	}
	for host, valid := range hosts() {
		all[host+":443"] = valid
	}
	for port, valid := range ports() {
		for _, host := range []string{"teleport.example.com", "192.0.2.1", "[2001:db8::1]"} {
			all[host+port] = valid
		}
	}
	return all
}

// The parser is the truth about addresses, and the API server agrees.
func TestAddressesAreJudgedAsTheParserDoes(t *testing.T) {
	namespace := newNamespace(t)
	for address, want := range addresses() {
		if _, _, err := hostport.Parse(address); (err == nil) != want {
			t.Errorf("the parser: Parse(%q) = %v, want it accepted: %t", address, err, want)
		}
		err := plane.Client().Create(t.Context(), notifier(t, namespace, fmt.Sprintf("teleport: {address: %q}", address)))
		judged(t, address, err, want, wantAddress)
	}
}

// A messenger that is made of a URL judges it as the API server does.
func TestURLsAreJudgedAsTheMessengerDoes(t *testing.T) {
	descriptor, err := registry.All().Find("Mattermost")
	if err != nil {
		t.Fatal(err)
	}
	urls := map[string]bool{}
	for host, valid := range hosts() {
		urls["https://"+host] = valid
		urls["https://"+host+":8443/team/chat/"] = valid
	}
	for port, valid := range ports() {
		if strings.Contains(port, "/") {
			continue // begins the path
		}
		urls["https://chat.example.com"+port] = valid
		urls["https://[2001:db8::1]"+port+"/chat"] = valid
	}
	namespace := newNamespace(t)
	for url, want := range urls {
		if strings.TrimSpace(url) != url {
			continue // the messenger ignores white space around
		}
		_, err := descriptor.New(messenger.Config{URL: url, Secrets: messenger.Token("token")})
		if (err == nil) != want {
			t.Errorf("the messenger: New(%q) = %v, want it accepted: %t", url, err, want)
		}
		err = plane.Client().Create(t.Context(), notifier(t, namespace, fmt.Sprintf(
			"messenger: {type: Mattermost, slack: null, mattermost: {url: %q, tokenSecretRef: {name: bot}}}", url)))
		judged(t, url, err, want, "must ")
	}
}

// What is sent without TLS, and where to, is judged by the API server as it is by the operator.
func TestPlainTextIsJudgedAsTheOperatorDoes(t *testing.T) {
	namespace := newNamespace(t)
	allowed := map[string]bool{
		"http://localhost:8065": true, "http://127.0.0.1": true, "http://[::1]:8065/chat": true,
		"http://mattermost.chat.svc": true, "http://mattermost.chat.svc:8065/chat": true, "http://mattermost.chat.svc.cluster.local:8065": true,
		"http://mattermost-0.mattermost.chat.svc": true,

		"http://mattermost": false, "http://mattermost.chat": false, "http://svc": false, "http://mattermost.svc": false, "http://svc.cluster.local": false,
		"http://mattermost.svc.cluster.local": false, "http://chat.example.com": false, "http://mattermost.chat.svc.example.com": false,
		"http://mattermost.chat.svc.cluster.local.example.com": false, "http://mattermost.chat.svc.cluster.example": false, "http://mattermost.chat.xsvc": false,
		"http://10.96.0.10:8065": false, "http://[fd00::1]": false, "http://93.184.216.34": false, "http://MATTERMOST.chat.svc": false,
		"http://example.com/mattermost.chat.svc": false, "http://example.com:80/.a.b.svc": false, "https://mattermost.chat.svc": false,
	}
	for url, want := range allowed {
		if err := messenger.CheckPlainText(url, true); (err == nil) != want {
			t.Errorf("the operator: %q: %v, want it accepted: %t", url, err, want)
		}
		err := plane.Client().Create(t.Context(), notifier(t, namespace, fmt.Sprintf(
			"messenger: {type: Mattermost, slack: null, mattermost: {url: %q, insecure: Allow, tokenSecretRef: {name: bot}}}", url)))
		judged(t, url, err, want, "must ")
	}
}

// Discord says of recipients what the API server says.
func TestDiscordsRecipientsAreJudgedAsDiscordDoes(t *testing.T) {
	descriptor, err := registry.All().Find("Discord")
	if err != nil {
		t.Fatal(err)
	}
	recipients := map[string]bool{
		"100000000000001": true, "12345678901234567890": true, "user:100000000000001": true, "user:12345678901234567890": true,
		"10000000000001": false, "123456789012345678901": false, "user:10000000000001": false, "user:user:1100000000000000001": false,
	}
	for _, recipient := range notIDs() {
		recipients[recipient] = false
	}
	namespace := newNamespace(t)
	for recipient, want := range recipients {
		if advice := descriptor.Refuses(recipient); (advice == "") != want {
			t.Errorf("Discord: of %q it says %q, want it accepted: %t", recipient, advice, want)
		}
		err := plane.Client().Create(t.Context(), notifier(t, namespace, fmt.Sprintf(
			"messenger: {type: Discord, slack: null, discord: {tokenSecretRef: {name: bot}}}\nrecipients: [%q]", recipient)))
		judged(t, recipient, err, want, "must list ids on Discord")
	}
}

// judged checks what the API server says of a value.
func judged(t *testing.T, value string, err error, want bool, sentence string) {
	t.Helper()
	switch {
	case want && err != nil:
		t.Errorf("the API server refuses %q: %v", value, err)
	case !want && !apierrors.IsInvalid(err):
		t.Errorf("the API server accepts %q: %v", value, err)
	case !want && value != "" && !strings.Contains(err.Error(), sentence):
		t.Errorf("of %q, the API server says\n\t%v\nwant in it\n\t%s", value, err, sentence)
	}
}
