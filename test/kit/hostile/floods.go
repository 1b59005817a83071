package hostile

import (
	"io"
	"net"

	"golang.org/x/net/http2"
)

// floods are what callers of HTTP/2 can meet: frames that no server has a reason to send.
func floods() []act {
	return []act{
		{"SETTINGS flood", flood(func(f *http2.Framer, _ uint32) error {
			return f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20})
		})},
		{"PING flood", flood(func(f *http2.Framer, _ uint32) error { return f.WritePing(false, [8]byte{1}) })},
		{"CONTINUATION flood", flood(continuation())},
		{"refused streams", onEachRequest(func(f *http2.Framer, stream uint32) error {
			return f.WriteRSTStream(stream, http2.ErrCodeRefusedStream)
		})},
		{"GOAWAY at each request", onEachRequest(func(f *http2.Framer, _ uint32) error {
			return f.WriteGoAway(0, http2.ErrCodeNo, make([]byte, 1<<10))
		})},
		{"DATA beyond the window", flood(func(f *http2.Framer, stream uint32) error {
			return f.WriteRawFrame(http2.FrameData, 0, stream, make([]byte, 16<<10))
		})},
	}
}

// continuation begins headers that go on for ever. Each header is whole, and new.
func continuation() func(*http2.Framer, uint32) error {
	// A literal header without indexing, by RFC 7541, section 6.2.2: "x: " and 120 bytes.
	header := append([]byte{0x00, 0x01, 'x', 120}, make([]byte, 120)...)
	for i := range header[4:] {
		header[4+i] = 'y'
	}
	var fragment []byte
	for len(fragment) < 15<<10 {
		fragment = append(fragment, header...)
	}
	return func(f *http2.Framer, stream uint32) error {
		// The status is a header of the static table: 0x88 is 200.
		if err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte{0x88}}); err != nil {
			return err
		}
		for {
			if err := f.WriteContinuation(stream, false, fragment); err != nil {
				return err
			}
		}
	}
}

// flood sends frames about the first request until the caller goes.
func flood(frame func(f *http2.Framer, stream uint32) error) func(net.Conn) {
	return func(conn net.Conn) {
		framer, stream, err := greet(conn)
		if err != nil {
			return
		}
		go listenOnly(conn) // Else the caller's own frames would hold it up, and so the flood.
		for err == nil {
			err = frame(framer, stream)
		}
	}
}

// onEachRequest sends a frame about each request.
func onEachRequest(frame func(f *http2.Framer, stream uint32) error) func(net.Conn) {
	return func(conn net.Conn) {
		framer, stream, err := greet(conn)
		for err == nil {
			if err = frame(framer, stream); err == nil {
				stream, err = nextRequest(framer)
			}
		}
	}
}

// greet begins a connection of HTTP/2, and returns the stream of the first request.
func greet(conn net.Conn) (*http2.Framer, uint32, error) {
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return nil, 0, err
	}
	framer := http2.NewFramer(conn, conn)
	if err := framer.WriteSettings(); err != nil {
		return nil, 0, err
	}
	stream, err := nextRequest(framer)
	return framer, stream, err
}

func nextRequest(framer *http2.Framer) (stream uint32, err error) {
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return 0, err
		}
		switch f := frame.(type) {
		case *http2.HeadersFrame:
			return f.StreamID, nil
		case *http2.SettingsFrame:
			if !f.IsAck() {
				err = framer.WriteSettingsAck()
			}
		}
		if err != nil {
			return 0, err
		}
	}
}
