package message

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

// webURL is the page of a request in the Web UI, or empty where there is none.
func webURL(c Cluster, id string) string {
	host := webHost(c.ProxyAddr)
	if !c.WebReviews || host == "" || !plainID(id) {
		return ""
	}
	u := url.URL{Scheme: "https", Host: host, Path: "/web/requests/" + id}
	return u.String()
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
