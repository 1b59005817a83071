package email

import (
	"bytes"
	"errors"
	"net"
	"sync"
)

const (
	// maxRead bounds what is read of a connection in bytes. All replies to a mail take a few
	// thousand.
	maxRead = 1 << 20
	// command is what a connection begins to be secure with.
	command = "STARTTLS\r\n"
)

var (
	// errTimeout is that of a server that takes too long.
	errTimeout error = timeoutError{}
	// errBusy is that of a call for which no connection is free.
	errBusy = errors.New("all connections are in use")
	// errTooMuch is that of a server whose replies do not end.
	errTooMuch = errors.New("replies do not end")
	// errInjected is that of something which speaks before the connection is secure.
	errInjected = errors.New("more came before TLS than the reply to STARTTLS")
)

// timeoutError is a net.Error.
type timeoutError struct{}

// Error implements error.
func (timeoutError) Error() string { return "the mail server takes too long" }

// Timeout implements net.Error.
func (timeoutError) Timeout() bool { return true }

// Temporary implements net.Error.
func (timeoutError) Temporary() bool { return true }

// wire is a connection of which only so much is read. Whatever comes in clear text behind the
// reply to STARTTLS is from someone in between: that is an error, and not left out.
type wire struct {
	net.Conn

	mu sync.Mutex
	// left is how much may be read still.
	left int
	// asked is true from the command STARTTLS until its reply.
	asked bool
}

// Write implements net.Conn.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.asked = w.asked || bytes.Equal(p, []byte(command))
	w.mu.Unlock()
	return w.Conn.Write(p)
}

// Read implements net.Conn.
func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left -= n; w.left < 0 {
		return 0, errTooMuch
	}
	if end := bytes.IndexByte(p[:n], '\n'); w.asked && end >= 0 {
		w.asked = false
		// The reply to STARTTLS has one line.
		if end+1 < n {
			return 0, errInjected
		}
	}
	return n, err
}
