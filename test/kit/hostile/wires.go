package hostile

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"time"
)

// wires are what a connection can meet before there is TLS, or instead of it.
func wires() []act {
	return []act{
		{"silent port", listenOnly},
		{"endless bytes", endlessBytes},
		{"slow bytes", slowBytes},
		{"plain HTTP", plainHTTP},
		{"endless handshake", endlessHandshake},
		{"TLS 1.1", oldTLS},
	}
}

func listenOnly(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func endlessBytes(conn net.Conn) { repeat(conn, strings.Repeat("\x00\x01garbage", 1<<10)) }

// repeat sends a text until the caller goes.
func repeat(conn net.Conn, text string) {
	for {
		if _, err := io.WriteString(conn, text); err != nil {
			return
		}
	}
}

func slowBytes(conn net.Conn) {
	every := time.NewTicker(50 * time.Millisecond)
	defer every.Stop()
	for range every.C {
		if _, err := conn.Write([]byte{'2'}); err != nil {
			return
		}
	}
}

// plainHTTP answers who asks for TLS without it.
func plainHTTP(conn net.Conn) {
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
	listenOnly(conn)
}

// endlessHandshake sends records of TLS 1.2 with a message of 16 MiB that no handshake has.
func endlessHandshake(conn net.Conn) {
	record := append([]byte{22, 3, 3, 0x40, 0x00, 11, 0xff, 0xff, 0xff}, make([]byte, 0x4000-4)...)
	repeat(conn, string(record))
}

// oldTLS offers no version of TLS that is safe.
func oldTLS(conn net.Conn) {
	config := secured()
	config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	over := tls.Server(conn, config)
	if over.Handshake() == nil { //nolint:noctx // It ends with the connection.
		plainHTTP(over)
	}
}
