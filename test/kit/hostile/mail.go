package hostile

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strings"
)

// Mails starts what a tenant may name as a mail server.
func Mails() ([]*Peer, error) {
	var started peers
	for _, a := range mails() {
		started.add(startAct(a, nil))
	}
	return started.result()
}

// mails are what a connection of SMTP can meet.
func mails() []act {
	const offer, ready = "250-mail\r\n250 STARTTLS\r\n", "220 ready\r\n"
	return []act{
		{"SMTP garbage", endlessBytes},
		{"SMTP silence", listenOnly},
		{"SMTP drip", slowBytes},
		{"endless greeting", func(c net.Conn) { repeat(c, "220-welcome\r\n") }},
		{"endless line", func(c net.Conn) { repeat(c, "220 welcome ") }},
		{"endless offer", smtp(ready, func(c net.Conn, _ *bufio.Reader) { repeat(c, "250-X\r\n") })},
		{"STARTTLS left out", smtp(ready, always("250 mail\r\n"))},
		{"TLS 1.1 after STARTTLS", smtp(ready, after(offer, ready, oldTLS))},
		{"no TLS after STARTTLS", smtp(ready, after(offer, ready, func(c net.Conn) { repeat(c, "250 OK\r\n") }))},
		{"reply inside of STARTTLS", smtp(ready, after(offer, ready+"250 AUTH PLAIN\r\n", overTLS))},
		{"endless reply over TLS", smtp(ready, after(offer, ready, overTLS))},
	}
}

// smtp greets, and goes on once the client has said something.
func smtp(greeting string, then func(net.Conn, *bufio.Reader)) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := io.WriteString(conn, greeting); err != nil {
			return
		}
		in := bufio.NewReader(conn)
		if _, err := in.ReadString('\n'); err == nil {
			then(conn, in)
		}
	}
}

// always gives the same reply to every command.
func always(reply string) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, in *bufio.Reader) {
		for {
			if _, err := io.WriteString(conn, reply); err != nil {
				return
			}
			if _, err := in.ReadString('\n'); err != nil {
				return
			}
		}
	}
}

// after makes an offer, replies to STARTTLS, and goes on with what follows.
func after(offer, reply string, then func(net.Conn)) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, in *bufio.Reader) {
		if _, err := io.WriteString(conn, offer); err != nil {
			return
		}
		line, err := in.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "STARTTLS") {
			return
		}
		if _, err := io.WriteString(conn, reply); err == nil {
			then(conn)
		}
	}
}

// overTLS replies to the first command without an end.
func overTLS(conn net.Conn) {
	over := tls.Server(conn, secured())
	if _, err := bufio.NewReader(over).ReadString('\n'); err == nil {
		repeat(over, "250-X\r\n")
	}
}
