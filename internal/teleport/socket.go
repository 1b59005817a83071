package teleport

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Opcodes of frames, by RFC 6455, section 5.2.
const (
	frameContinuation = 0x0
	frameBinary       = 0x2
	frameClose        = 0x8
	framePing         = 0x9
	framePong         = 0xa
)

const (
	finalFrame  = 0x80
	maskedFrame = 0x80
	// maxControl is the longest payload of a ping.
	maxControl = 125
)

// socket is the client's end of a WebSocket that carries a stream of bytes. What
// a frame holds is passed on as it comes, so that its length costs no memory.
type socket struct {
	net.Conn
	// left is what is still to come of the present frame; reading alone uses it.
	left uint64

	writing sync.Mutex
}

// Read implements net.Conn.
func (s *socket) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for s.left == 0 {
		if err := s.nextFrame(); err != nil {
			return 0, err
		}
	}
	n, err := s.Conn.Read(p[:min(uint64(len(p)), s.left)])
	s.left -= uint64(n) //nolint:gosec // a count of bytes that were read
	return n, err
}

// nextFrame reads up to the payload of the next data frame.
func (s *socket) nextFrame() error {
	var head [2]byte
	if _, err := io.ReadFull(s.Conn, head[:]); err != nil {
		return err
	}
	length := uint64(head[1] &^ maskedFrame)
	if head[1]&maskedFrame != 0 {
		return errors.New("the server masks its frames")
	}
	switch length {
	case 126:
		var long [2]byte
		if _, err := io.ReadFull(s.Conn, long[:]); err != nil {
			return err
		}
		length = uint64(binary.BigEndian.Uint16(long[:]))
	case 127:
		var long [8]byte
		if _, err := io.ReadFull(s.Conn, long[:]); err != nil {
			return err
		}
		length = binary.BigEndian.Uint64(long[:])
	}
	switch opcode := head[0] & 0x0f; opcode {
	case frameBinary, frameContinuation:
		s.left = length
		return nil
	case frameClose:
		return io.EOF
	case framePing, framePong:
		return s.control(opcode, length)
	default:
		return fmt.Errorf("the server sends frames of kind %d", opcode)
	}
}

// control reads a ping or pong, and answers a ping.
func (s *socket) control(opcode byte, length uint64) error {
	if length > maxControl {
		return errors.New("the server sends a ping that is too long")
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(s.Conn, payload); err != nil {
		return err
	}
	if opcode == framePong {
		return nil
	}
	return s.send(framePong, payload)
}

// Write implements net.Conn.
func (s *socket) Write(p []byte) (int, error) {
	if err := s.send(frameBinary, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// send writes a frame with a mask of zeros, which changes nothing: Teleport's
// servers do not undo another.
func (s *socket) send(opcode byte, payload []byte) error {
	frame := make([]byte, 0, 14+len(payload))
	frame = append(frame, finalFrame|opcode)
	switch {
	case len(payload) <= maxControl:
		frame = append(frame, maskedFrame|byte(len(payload))) //nolint:gosec // it fits
	case len(payload) <= 0xffff:
		frame = binary.BigEndian.AppendUint16(append(frame, maskedFrame|126), uint16(len(payload))) //nolint:gosec // it fits
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, maskedFrame|127), uint64(len(payload)))
	}
	frame = append(frame, 0, 0, 0, 0)
	frame = append(frame, payload...)
	s.writing.Lock()
	defer s.writing.Unlock()
	_, err := s.Conn.Write(frame)
	return err
}
