package dialguard

import (
	"bytes"
	"net/netip"
)

// The prefixes under which IPv6 addresses stand for IPv4 ones.
var (
	compatible = netip.MustParsePrefix("::/96")           // RFC 4291, section 2.5.5.1
	translated = netip.MustParsePrefix("::ffff:0:0:0/96") // RFC 2765, section 2.1
	nat64      = netip.MustParsePrefix("64:ff9b::/96")    // RFC 6052, section 2.1
	localNAT64 = netip.MustParsePrefix("64:ff9b:1::/48")  // RFC 8215
	sixToFour  = netip.MustParsePrefix("2002::/16")       // RFC 3056, section 2
	thisHost   = netip.MustParsePrefix("0.0.0.0/8")
)

// isatap are the interface identifiers of RFC 5214, section 6.1, without the
// IPv4 address that ends them.
var isatap = [][]byte{{0x00, 0x00, 0x5e, 0xfe}, {0x02, 0x00, 0x5e, 0xfe}}

// localReadings are where RFC 6052, section 2.2, has the bytes of the IPv4
// address under prefixes of 48, 56 and 64 bits.
var localReadings = [][4]int{{6, 7, 9, 10}, {7, 9, 10, 11}, {9, 10, 11, 12}}

// meanings returns every address that a connection to ip may end at: the IPv4
// address that an IPv6 address stands for, and the address itself. Translators
// with a prefix of their own network's are known to that network only.
func meanings(ip netip.Addr) []netip.Addr {
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return []netip.Addr{ip}
	}
	b := ip.As16()
	last := netip.AddrFrom4([4]byte(b[12:16]))
	switch {
	case compatible.Contains(ip):
		if b == [16]byte{15: 1} || ip.IsUnspecified() {
			return []netip.Addr{ip}
		}
		return []netip.Addr{last}
	case translated.Contains(ip), nat64.Contains(ip):
		return []netip.Addr{last}
	case localNAT64.Contains(ip):
		return append(readings(b), last)
	}
	out := []netip.Addr{ip}
	if sixToFour.Contains(ip) {
		out = append(out, netip.AddrFrom4([4]byte(b[2:6])))
	}
	for _, id := range isatap {
		if bytes.Equal(b[8:12], id) {
			out = append(out, last)
		}
	}
	return out
}

// readings returns what the address of a local translator may stand for. Which
// length its prefix has is known to that network only. A reading in 0.0.0.0/8
// is that of a longer prefix, whose own bits are zero.
func readings(b [16]byte) []netip.Addr {
	var out []netip.Addr
	for _, at := range localReadings {
		ip := netip.AddrFrom4([4]byte{b[at[0]], b[at[1]], b[at[2]], b[at[3]]})
		if !thisHost.Contains(ip) {
			out = append(out, ip)
		}
	}
	return out
}
