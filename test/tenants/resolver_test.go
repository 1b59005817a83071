package tenants

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// resolver is the DNS of the test's process. A name leads to this machine when it is asked for
// first, and then to where only the operator may connect to.
type resolver struct {
	mu    sync.Mutex
	asked map[string]int
}

// rebound is the domain of such names, and inside is where they lead the second time.
const (
	rebound = ".rebound.example.com"
	inside  = "127.0.0.2"
)

// serve answers questions until ctx ends.
func (r *resolver) serve(ctx context.Context) error {
	conn, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", here+":0")
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if answer, err := r.answer(buffer[:n]); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	return nil
}

func (r *resolver) answer(packet []byte) ([]byte, error) {
	var question dnsmessage.Message
	if err := question.Unpack(packet); err != nil || len(question.Questions) != 1 {
		return nil, err
	}
	q := question.Questions[0]
	answer := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: question.ID, Response: true, RCode: dnsmessage.RCodeNameError},
		Questions: question.Questions,
	}
	if name := strings.TrimSuffix(q.Name.String(), "."); strings.HasSuffix(name, rebound) {
		answer.RCode = dnsmessage.RCodeSuccess
		if q.Type == dnsmessage.TypeA {
			answer.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
				Body:   &dnsmessage.AResource{A: netip.MustParseAddr(r.next(name)).As4()},
			}}
		}
	}
	return answer.Pack()
}

func (r *resolver) next(name string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked == nil {
		r.asked = map[string]int{}
	}
	r.asked[name]++
	if r.asked[name] == 1 {
		return here
	}
	return inside
}

// times is how often a name was looked up.
func (r *resolver) times(name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked[name]
}
