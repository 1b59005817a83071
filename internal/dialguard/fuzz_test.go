package dialguard

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
)

// FuzzCheck: no address that net/netip knows as one of this machine, of its link or of a group
// is let through, and no IPv6 address that embeds an IPv4 address which is not.
func FuzzCheck(f *testing.F) {
	for _, ip := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "34.118.224.1", "93.184.216.34", "100.64.0.1", "100.100.100.200", "127.0.0.1", "168.63.129.16",
		"169.254.169.254", "172.16.0.1", "192.0.0.192", "192.88.99.1", "192.168.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
	} {
		v4 := netip.MustParseAddr(ip).As4()
		for _, rest := range []string{
			"::", "::1", "fe80::1", "ff02::1", "fd00:ec2::254", "2606:4700::1", "2001::1", "2002::1", "64:ff9b::1", "64:ff9b:1::1", "::ffff:0:0",
		} {
			b := netip.MustParseAddr(rest).As16()
			f.Add(binary.BigEndian.Uint32(v4[:]), binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:]))
		}
	}
	open, private := New(), NewPrivate()
	f.Fuzz(func(t *testing.T, four uint32, high, low uint64) {
		v4 := netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, four)))
		v6 := netip.AddrFrom16([16]byte(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, high), low)))
		for _, ip := range []netip.Addr{v4, v6} {
			checkClass(t, open, private, ip)
		}
		for name, ip := range embeddings(v4, v6) {
			checkClass(t, open, private, ip)
			for _, guard := range []*Guard{open, private} {
				if err := guard.Check(v4); err != nil && guard.Check(ip) == nil {
					t.Errorf("%v is %v, and let through as %s (%v)", v4, err, name, ip)
				}
			}
		}
		for name, ip := range synonyms(v4) {
			if err := open.Check(ip); (err == nil) != (open.Check(v4) == nil) {
				t.Errorf("%v as %s (%v): %v, but by itself: %v", v4, name, ip, err, open.Check(v4))
			}
		}
	})
}

// privateToo are the private networks that net/netip does not know as such, and carriers those
// IPv6 networks that are nothing but other names of IPv4 addresses.
var (
	privateToo = []string{"100.64.0.0/10", "34.118.224.0/20"}
	carriers   = []string{"::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48"}
)

func within(ip netip.Addr, networks []string) bool {
	return slices.ContainsFunc(networks, func(network string) bool { return netip.MustParsePrefix(network).Contains(ip) })
}

// checkClass holds the guards against what net/netip says of an address.
func checkClass(t *testing.T, open, private *Guard, ip netip.Addr) {
	t.Helper()
	plain := ip.Unmap()
	never := plain.IsUnspecified() || plain.IsLoopback() || plain.IsLinkLocalUnicast() || plain.IsMulticast()
	if err := open.Check(ip); never && err == nil {
		t.Errorf("%v is let through", ip)
	}
	if open.Check(ip) != nil && private.Check(ip) == nil {
		t.Errorf("%v is let through by the guard that lets fewer through", ip)
	}
	if private.Check(ip) == nil && !plain.IsPrivate() && !within(plain, privateToo) && !within(plain, carriers) {
		t.Errorf("%v is let through as a private address", ip)
	}
	if zoned := ip.WithZone("eth0"); (open.Check(ip) == nil) != (open.Check(zoned) == nil) {
		t.Errorf("%v is judged in another way than %v", zoned, ip)
	}
	if err := open.control("tcp", netip.AddrPortFrom(ip, 443).String(), nil); (err == nil) != (open.Check(ip) == nil) {
		t.Errorf("%v is judged in another way when it is connected to: %v", ip, err)
	}
}

// synonyms are the IPv6 addresses that stand for an IPv4 address and nothing else.
func synonyms(v4 netip.Addr) map[string]netip.Addr {
	b := v4.As4()
	ending := func(prefix string) netip.Addr {
		out := netip.MustParseAddr(prefix).As16()
		copy(out[12:], b[:])
		return netip.AddrFrom16(out)
	}
	return map[string]netip.Addr{
		"a mapped address":     netip.AddrFrom16(v4.As16()),
		"a translated address": ending("::ffff:0:0:0"),
		"NAT64's address":      ending("64:ff9b::"),
	}
}

// embeddings are the IPv6 addresses that lead to an IPv4 address, their other bits those of v6.
func embeddings(v4, v6 netip.Addr) map[string]netip.Addr {
	b, rest := v4.As4(), v6.As16()
	all := synonyms(v4)
	// put writes the prefix over v6, and the bytes of the IPv4 address to where they belong.
	put := func(prefix []byte, at ...int) netip.Addr {
		out := rest
		copy(out[:], prefix)
		for i, place := range at {
			out[place] = b[i]
		}
		return netip.AddrFrom16(out)
	}
	local := []byte{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}
	all["a compatible address"] = put(make([]byte, 12), 12, 13, 14, 15)
	all["6to4's address"] = put([]byte{0x20, 0x02}, 2, 3, 4, 5)
	all["a local NAT64's address, 96 bits"] = put(local, 12, 13, 14, 15)
	// A reading in 0.0.0.0/8 is left out, see readings.
	if b[0] != 0 {
		all["a local NAT64's address, 48 bits"] = put(local, 6, 7, 9, 10)
		all["a local NAT64's address, 56 bits"] = put(local, 7, 9, 10, 11)
		all["a local NAT64's address, 64 bits"] = put(local, 9, 10, 11, 12)
	}
	for name, id := range map[string][]byte{"ISATAP's address": {0, 0, 0x5e, 0xfe}, "ISATAP's unique address": {2, 0, 0x5e, 0xfe}} {
		out := rest
		copy(out[8:], id)
		copy(out[12:], b[:])
		all[name] = netip.AddrFrom16(out)
	}
	return all
}
