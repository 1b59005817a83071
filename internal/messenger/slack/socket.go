package slack

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// socket is one connection of Socket Mode. What becomes of it is told by closing channels.
type socket struct {
	conn *websocket.Conn
	// account is whose clicks are read, and app the id of the app that the connection is for,
	// empty where Slack does not say.
	account messenger.Account
	app     string
	// replace is closed once Slack has announced the end, and ended at the end.
	replace, ended chan struct{}
	// disabled is set once Slack has said that Socket Mode is turned off.
	disabled atomic.Bool
	// panicked is set once reading has panicked.
	panicked atomic.Bool
}

// openSocket opens a connection, and waits until Slack says that it is used.
func (s *Slack) openSocket(ctx context.Context) (*socket, error) {
	address, err := s.socketAddress(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := s.dial(ctx, address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	hello, err := readHello(conn)
	if err != nil {
		_ = conn.Close()
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", callSocket, ctx.Err())
		}
		return nil, err
	}
	return &socket{conn: conn, app: hello.ConnectionInfo.AppID, replace: make(chan struct{}), ended: make(chan struct{})}, nil
}

// socketAddress asks for an address, which is good for one connection.
func (s *Slack) socketAddress(ctx context.Context) (string, error) {
	bucket := methodBucket(callConnect)
	_, address, err := s.apiOf(s.appToken, callConnect, bucket).StartSocketModeContext(ctx)
	if err != nil {
		return "", s.classify(callConnect, bucket, err)
	}
	if !isOwnSocket(s.bot.URL, address) {
		return "", messenger.BadResponse(callConnect)
	}
	return address, nil
}

// slackDomains are those in which Slack has its connections: https://docs.slack.dev/govslack.
var slackDomains = []string{"slack.com", "slack-gov.com"}

// isOwnSocket reports whether an address is one of Slack's, or of what is called in its place. Only
// where calls are made without TLS, a connection may be.
func isOwnSocket(api *url.URL, address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Hostname() == "" {
		return false
	}
	if u.Scheme == "ws" && api.Scheme == "http" {
		return strings.EqualFold(u.Host, api.Host)
	}
	if u.Scheme != "wss" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, domain := range append([]string{strings.ToLower(api.Hostname())}, slackDomains...) {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}

// dial connects the way all calls do: by the same guard, proxy and certificate authorities.
func (s *Slack) dial(ctx context.Context, address string) (*websocket.Conn, error) {
	network := messenger.NetworkOf(s.bot.Caller.Client)
	dialer := websocket.Dialer{
		NetDialContext:   network.DialContext,
		Proxy:            network.Proxy,
		TLSClientConfig:  onlyHTTP1(network.TLS),
		HandshakeTimeout: network.Timeout,
	}
	conn, response, err := dialer.DialContext(ctx, address, http.Header{"User-Agent": {s.bot.UserAgent}})
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s: %w", callSocket, ctx.Err())
	case errors.Is(err, websocket.ErrBadHandshake) && response != nil:
		return nil, messenger.NotTheService(callSocket, response.StatusCode)
	default:
		return nil, messenger.ConnectionError(callSocket, err, false)
	}
}

// onlyHTTP1 keeps HTTP/2 from being agreed on, which has no such connections.
func onlyHTTP1(config *tls.Config) *tls.Config {
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config = config.Clone()
	config.NextProtos = []string{"http/1.1"}
	return config
}

// readHello reads the first frame.
func readHello(conn *websocket.Conn) (frame, error) {
	conn.SetReadLimit(maxFrame)
	if err := conn.SetReadDeadline(time.Now().Add(helloWithin)); err != nil {
		return frame{}, messenger.ConnectionError(callSocket, err, false)
	}
	_, raw, err := conn.ReadMessage()
	if err != nil {
		return frame{}, messenger.ConnectionError(callSocket, err, false)
	}
	hello, ok := readFrame(raw)
	if !ok || hello.Type != frameHello {
		return frame{}, messenger.BadResponse(callSocket)
	}
	return hello, nil
}

// read hands on what comes until the connection ends, or ctx.
func (l *listener) read(ctx context.Context, c *socket) {
	stop := context.AfterFunc(ctx, func() { _ = c.conn.Close() })
	defer stop()
	defer func() { _ = c.conn.Close() }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l.readers.Go(func() { c.ping(ctx) })
	c.stayAlive()
	for c.alive() == nil {
		kind, raw, err := c.conn.ReadMessage()
		if err != nil || kind == websocket.TextMessage && l.take(c, raw) != nil {
			return
		}
	}
}

// take takes a frame. An error is the connection's.
func (l *listener) take(c *socket, raw []byte) error {
	f, ok := readFrame(raw)
	if !ok {
		return nil
	}
	if f.Type == frameDisconnect {
		c.announce(f.Reason)
		return nil
	}
	if f.EnvelopeID == "" {
		return nil
	}
	if err := c.acknowledge(f); err != nil {
		return err
	}
	if f.Type == frameInteractive {
		l.hear(c, f)
	}
	return nil
}

// announce notes that the connection will end. It is read until Slack ends it, but not for
// much longer than Slack says.
func (c *socket) announce(reason string) {
	switch reason {
	case "link_disabled":
		c.disabled.Store(true)
		_ = c.conn.Close()
	case "too_many_websockets":
		_ = c.conn.Close()
	default:
		select {
		case <-c.replace:
		default:
			close(c.replace)
			time.AfterFunc(linger, func() { _ = c.conn.Close() })
		}
	}
}

// acknowledge tells Slack that an envelope came in. It says nothing of what comes of it, but
// that all forms are closed.
func (c *socket) acknowledge(f frame) error {
	answer := acknowledgement{EnvelopeID: f.EnvelopeID}
	if f.AcceptsResponsePayload && f.Interaction.Type == interactionForm {
		answer.Payload = &responseAction{Action: "clear"}
	}
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	return c.conn.WriteJSON(answer)
}

// stayAlive makes the connection end that is silent for too long: Slack pings, and answers pings.
func (c *socket) stayAlive() {
	c.conn.SetPongHandler(func(string) error { return c.alive() })
	c.conn.SetPingHandler(func(data string) error {
		if err := c.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeWithin)); err != nil {
			return err
		}
		return c.alive()
	})
}

func (c *socket) alive() error { return c.conn.SetReadDeadline(time.Now().Add(maxSilence)) }

// ping asks for a sign of life now and then.
func (c *socket) ping(ctx context.Context) {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin)) != nil {
			_ = c.conn.Close()
			return
		}
	}
}
