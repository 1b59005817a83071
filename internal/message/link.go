package message

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// webURL is the page of a request in the Web UI, or empty where there is none.
// Without reviews the Web UI has no such page.
func webURL(c accessrequest.Cluster, id string) string {
	host := webHost(c.ProxyAddr)
	if !c.WebReviews || host == "" || !plainID(id) {
		return ""
	}
	u := url.URL{Scheme: "https", Host: host, Path: "/web/requests/" + id}
	return u.String()
}

// maxURL bounds the address of a page, which cannot be cut: a longer one is left
// out.
const maxURL = 500

// PageURL returns an address if it can be shown as a link, and nothing if not:
// it must be one of HTTPS, without a user name that could pass for the host, of
// visible ASCII characters and without any in
// breaking, the ones that could end a link in a service's markup or carry
// markup of their own.
func PageURL(address, breaking string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(address) > maxURL {
		return ""
	}
	breaks := func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(breaking, r)
	}
	if strings.ContainsFunc(address, breaks) {
		return ""
	}
	return address
}

// webHost is a Proxy's address without the port that HTTPS implies, or empty if
// it is not an address at all. A wildcard is what a Proxy without a public
// address may report; it leads nowhere.
func webHost(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		host, port = strings.Trim(addr, "[]"), "443"
	}
	if !isHost(host) || !isPort(port) {
		return ""
	}
	if port != "443" {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func isHost(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return !ip.IsUnspecified()
	}
	return host != "" && len(host) <= 253 && isAlphanumericOr(host, "-.")
}

func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// isAlphanumericOr reports whether s holds nothing but ASCII letters, digits
// and the characters of others.
func isAlphanumericOr(s, others string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		digit := '0' <= r && r <= '9'
		return !letter && !digit && !strings.ContainsRune(others, r)
	})
}
