// Package hostport reads the addresses of servers as platform engineers write them.
//
// What it refuses cannot be anyone's address, and would otherwise show only as a host that is
// unknown. The rules of the AccessNotifier API refuse the same, and test/api compares the two.
package hostport

import (
	"errors"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// maxHost is the longest name of a host (RFC 1035, section 2.3.4), in characters.
const maxHost = 253

var (
	// name is that of a host. Underscores are no part of one, but private networks have them.
	name = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*$`)
	// numeric ends in a number, as no name in the DNS does: it is an IPv4 address or nothing.
	numeric = regexp.MustCompile(`(^|\.)[0-9]+$`)
	port    = regexp.MustCompile(`^[1-9][0-9]{0,4}$`)
)

var (
	errHost = errors.New("the host is neither a name nor an IP address; an IPv6 address stands in brackets, without a zone")
	errPort = errors.New("the port is no number from 1 to 65535")
)

// Parse reads HOST:PORT, and returns the host without brackets. Errors do not repeat the text.
func Parse(text string) (host string, number uint16, err error) {
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 {
		return "", 0, errPort
	}
	host, err = ParseHost(text[:colon])
	if err != nil {
		return "", 0, err
	}
	digits := text[colon+1:]
	parsed, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || !port.MatchString(digits) {
		return "", 0, errPort
	}
	return host, uint16(parsed), nil
}

// ParseHost reads a host as it stands before a port, and returns it without brackets. Errors do
// not repeat the text.
func ParseHost(text string) (host string, err error) {
	if inside, ok := strings.CutPrefix(text, "["); ok {
		host, ok = strings.CutSuffix(inside, "]")
		ip, err := netip.ParseAddr(host)
		if !ok || err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", errHost
		}
		return host, nil
	}
	if len(text) > maxHost || !name.MatchString(text) {
		return "", errHost
	}
	if numeric.MatchString(text) {
		if ip, err := netip.ParseAddr(text); err != nil || !ip.Is4() {
			return "", errHost
		}
	}
	return text, nil
}
