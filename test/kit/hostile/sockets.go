package hostile

import (
	"crypto/sha1" //nolint:gosec // RFC 6455, section 4.2.2, names it.
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
)

// Sockets answers requests for a websocket, and ill-treats each in another way, by turns.
func Sockets() http.Handler {
	all := sockets()
	var turn atomic.Uint64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // As above.
		_, err = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
		if err == nil {
			all[(turn.Add(1)-1)%uint64(len(all))].do(conn)
		}
	})
}

// SocketWays is how many ways Sockets has.
func SocketWays() int { return len(sockets()) }

// sockets are what the client's end of a websocket can meet. The frames are those of RFC 6455,
// section 5.2.
func sockets() []act {
	const text, ping, last, packed = 0x01, 0x09, 0x80, 0x40
	small := strings.Repeat("x", 125)
	hello := `{"type":"hello","num_connections":1}`
	return []act{
		{"huge frame", frames("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", strings.Repeat("x", 64<<10))},
		{"endless message", frames(string([]byte{text, 125})+small, string([]byte{0, 125})+small)},
		{"PING flood", frames("", string([]byte{last | ping, 125})+small)},
		{"frames that were not agreed on", frames("", string([]byte{last | packed | text, 125})+small)},
		{"hello without an end", frames("", string([]byte{last | text, byte(len(hello))})+hello)},
		{"bytes that are no frames", endlessBytes},
		{"silence", listenOnly},
	}
}

// frames sends something, and then something else until the client goes. What the client sends is
// read, so that it is not held up.
func frames(first, then string) func(net.Conn) {
	return func(conn net.Conn) {
		go listenOnly(conn)
		if _, err := io.WriteString(conn, first); err == nil {
			repeat(conn, then)
		}
	}
}
