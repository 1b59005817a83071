package dialguard

import (
	"net/netip"
	"slices"
)

// Kinds of addresses that no connection may lead to.
const (
	unspecified = "unspecified"
	loopback    = "loopback"
	linkLocal   = "link_local"
	multicast   = "multicast"
	metadata    = "metadata"
	reserved    = "reserved"
	public      = "public"
)

// privateRanges are those of Services and pods besides RFC 1918 and RFC 4193. From 198.18.0.0/15
// and 240.0.0.0/4, service meshes hand out addresses of hosts elsewhere, so they are not here.
var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("100.64.0.0/10"),
	// Google's own, for Services of its clusters; it leads nowhere else.
	netip.MustParsePrefix("34.118.224.0/20"),
}

func isPrivate(ip netip.Addr) bool {
	return ip.IsPrivate() || slices.ContainsFunc(privateRanges, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// refusedRange is a range that no service of others can be in.
type refusedRange struct {
	prefix netip.Prefix
	kind   string
}

// refusedRanges are those rows of the IANA special-purpose address registries
// (IPv4 and IPv6, as of 2025) that are not globally reachable and not for
// private use, with multicast, and the metadata services that clouds have
// elsewhere than on the link. The first match counts.
//
// Not refused, although registered, are the ranges that people use as private
// networks in earnest: 10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12, 192.168.0.0/16
// and fc00::/7; and 198.18.0.0/15, 240.0.0.0/4 and 2001:2::/48, from which
// service meshes and clouds hand out addresses.
var refusedRanges = ranges(
	row{"0.0.0.0/8", unspecified}, // RFC 791; Linux takes 0.0.0.0 for this host
	row{"127.0.0.0/8", loopback},
	row{"169.254.0.0/16", linkLocal},     // RFC 3927; nearly every cloud's metadata
	row{"100.100.100.200/32", metadata},  // Alibaba
	row{"168.63.129.16/32", metadata},    // Azure's WireServer
	row{"192.0.0.0/24", reserved},        // RFC 6890; Oracle's metadata at .192
	row{"192.0.2.0/24", reserved},        // RFC 5737, documentation
	row{"192.88.99.0/24", reserved},      // RFC 7526, relays of 6to4
	row{"198.51.100.0/24", reserved},     // RFC 5737
	row{"203.0.113.0/24", reserved},      // RFC 5737
	row{"224.0.0.0/4", multicast},        // RFC 5771
	row{"255.255.255.255/32", multicast}, // RFC 8190, broadcast

	row{"::/128", unspecified},
	row{"::1/128", loopback},
	row{"fe80::/10", linkLocal},
	row{"fd00:ec2::/32", metadata},          // Amazon: metadata, credentials of pods, DNS
	row{"fd20:ce::254/128", metadata},       // Google
	row{"fd00:c1::a9fe:a9fe/128", metadata}, // Oracle
	row{"fd00:a9fe:a9fe::1/128", metadata},  // Akamai
	row{"fd00:42::42/128", metadata},        // Scaleway
	row{"100::/64", reserved},               // RFC 6666, discarded
	row{"100:0:0:1::/64", reserved},         // RFC 9780, dummy prefix
	row{"2001::/32", reserved},              // RFC 4380, Teredo: any IPv4 address behind a relay
	row{"2001:1::/32", reserved},            // RFC 7723 and others, anycast of protocols
	row{"2001:3::/32", reserved},            // RFC 7450
	row{"2001:4:112::/48", reserved},        // RFC 7535
	row{"2001:10::/28", reserved},           // RFC 4843
	row{"2001:20::/28", reserved},           // RFC 7343
	row{"2001:30::/28", reserved},           // RFC 9374
	row{"2001:db8::/32", reserved},          // RFC 3849, documentation
	row{"3fff::/20", reserved},              // RFC 9637, documentation
	row{"5f00::/16", reserved},              // RFC 9602
	row{"fec0::/10", linkLocal},             // RFC 3879, once site-local
	row{"ff00::/8", multicast},
)

type row struct{ prefix, kind string }

func ranges(rows ...row) []refusedRange {
	out := make([]refusedRange, len(rows))
	for i, r := range rows {
		out[i] = refusedRange{netip.MustParsePrefix(r.prefix), r.kind}
	}
	return out
}

// kindOf returns why an address must not be connected to, false if it may.
func kindOf(ip netip.Addr) (string, bool) {
	for _, r := range refusedRanges {
		if r.prefix.Contains(ip) {
			return r.kind, true
		}
	}
	return "", false
}
