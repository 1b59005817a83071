package listen

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	"github.com/go-logr/logr"
)

// Options say where to listen, and who answers.
type Options struct {
	// Address is where to listen, such as ":8443".
	Address string
	// CertDir is the directory with tls.crt and tls.key, which are read again when they change.
	// Empty for plain HTTP, behind an Ingress that ends TLS.
	CertDir string
	// Find returns what answers the calls for a notifier, false if there is none that can be
	// decided with in chat. The namespace is empty outside Kubernetes. It is called for every
	// call that comes in, and makes none itself.
	Find func(namespace, name string) (receive http.HandlerFunc, ok bool)
	// Count is told what became of each call. Default: no count.
	Count func(Outcome)
	// Log is where failures go. Bodies never do.
	Log logr.Logger
}

// Server listens for clicks.
type Server struct {
	options Options
	// certificate is nil for plain HTTP.
	certificate *certificate
}

// New returns a Server that does not listen yet. It returns an error if there is no certificate
// where there should be one.
func New(o Options) (*Server, error) {
	s := &Server{options: o}
	if o.CertDir == "" {
		return s, nil
	}
	var err error
	s.certificate, err = newCertificate(o.CertDir, o.Log)
	return s, err
}

// Run listens until ctx ends, and returns once every call was answered, or its time was over.
func (s *Server) Run(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.options.Address)
	if err != nil {
		return fmt.Errorf("listening for clicks: %w", err)
	}
	return s.serve(ctx, listener)
}

// serve answers what comes in at a listener, which it closes.
func (s *Server) serve(ctx context.Context, listener net.Listener) error {
	server := s.newHTTP()
	ended := make(chan error, 1)
	go func() {
		if s.certificate != nil {
			ended <- server.ServeTLS(newBounded(listener, maxConnections), "", "")
			return
		}
		ended <- server.Serve(newBounded(listener, maxConnections))
	}()
	s.options.Log.Info("Listening for clicks", "address", listener.Addr().String(), "tls", s.certificate != nil)
	select {
	case err := <-ended:
		return fmt.Errorf("listening for clicks: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		err = server.Close()
	}
	// That it was closed is no failure any more.
	if ended := <-ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	if err != nil {
		return fmt.Errorf("closing the listener for clicks: %w", err)
	}
	return nil
}

// newHTTP returns a server that speaks HTTP/1.1 only: a service makes few calls, and no stream of
// many within one connection has to be bounded.
func (s *Server) newHTTP() *http.Server {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	server := &http.Server{
		Handler:           &door{Options: s.options, rates: newRates(), busy: make(chan struct{}, maxCalls)},
		Protocols:         protocols,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		// What it would log is what callers do wrong, in their words.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	if s.certificate != nil {
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.certificate.get}
	}
	return server
}
