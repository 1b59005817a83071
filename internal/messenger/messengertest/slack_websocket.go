package messengertest

import (
	"bufio"
	"crypto/sha1" // RFC 6455, section 4.2.2, names it.
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// webSocket is the server's end of a connection, by RFC 6455 alone.
type webSocket struct {
	conn   net.Conn
	reader *bufio.Reader
	// writing is held while a frame is written.
	writing sync.Mutex
}

// The kinds of frames [RFC 6455, section 5.2].
const (
	wsText  = 0x1
	wsClose = 0x8
	wsPing  = 0x9
	wsPong  = 0xA
)

// maxClientFrame is far more than an acknowledgement takes.
const maxClientFrame = 64 << 10

// refuseUpgrade says what is wrong with a request for a connection, 0 for nothing
// [RFC 6455, section 4.2.1].
func refuseUpgrade(r *http.Request) int {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	switch {
	case r.Method != http.MethodGet, !strings.EqualFold(r.Header.Get("Upgrade"), "websocket"),
		!strings.Contains(strings.ToLower(r.Header.Get("Connection")), "upgrade"), err != nil || len(key) != 16:
		return http.StatusBadRequest
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return http.StatusUpgradeRequired
	default:
		return 0
	}
}

// upgrade answers a request for a connection.
func upgrade(conn net.Conn, reader *bufio.Reader, r *http.Request) (*webSocket, error) {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, err := fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	return &webSocket{conn: conn, reader: reader}, err
}

// write sends a frame in one piece.
func (w *webSocket) write(kind byte, payload []byte) error {
	w.writing.Lock()
	defer w.writing.Unlock()
	_, err := w.conn.Write(append(frameHead(kind, len(payload)), payload...))
	return err
}

func frameHead(kind byte, size int) []byte {
	head := []byte{0x80 | kind}
	switch {
	case size < 126:
		return append(head, byte(size))
	case size < 1<<16:
		return binary.BigEndian.AppendUint16(append(head, 126), uint16(size))
	default:
		return binary.BigEndian.AppendUint64(append(head, 127), uint64(size))
	}
}

// cut sends half of a frame, and closes.
func (w *webSocket) cut() {
	w.writing.Lock()
	defer w.writing.Unlock()
	_, _ = w.conn.Write(append(frameHead(wsText, 1000), `{"type":`...))
	_ = w.conn.Close()
}

var errProtocol = errors.New("the client breaks the protocol")

// read returns the next frame. Clients mask their frames [RFC 6455, section 5.1], and Slack's have
// no reason to cut an acknowledgement into several.
func (w *webSocket) read() (kind byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(w.reader, head[:]); err != nil {
		return 0, nil, err
	}
	kind, size := head[0]&0x0F, uint64(head[1]&0x7F)
	if head[0]&0xF0 != 0x80 || head[1]&0x80 == 0 {
		return 0, nil, errProtocol
	}
	if size == 126 {
		var more [2]byte
		if _, err := io.ReadFull(w.reader, more[:]); err != nil {
			return 0, nil, err
		}
		size = uint64(binary.BigEndian.Uint16(more[:]))
	}
	if size > maxClientFrame {
		return 0, nil, errProtocol
	}
	masked := make([]byte, 4+size)
	if _, err := io.ReadFull(w.reader, masked); err != nil {
		return 0, nil, err
	}
	payload = masked[4:]
	for i := range payload {
		payload[i] ^= masked[i%4]
	}
	return kind, payload, nil
}
