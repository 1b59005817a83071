package cli

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// headersWithin bounds the time that a client of health checks or metrics may take to ask.
const headersWithin = 10 * time.Second

// serveAnd serves health checks and metrics while run runs.
func (o *startOptions) serveAnd(ctx context.Context, collect []prometheus.Collector, run func(context.Context) error) error {
	health := http.NewServeMux()
	for _, path := range []string{"/healthz", "/readyz"} {
		health.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })
	}
	registry := prometheus.NewRegistry()
	collect = append(collect, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, collector := range collect {
		if err := registry.Register(collector); err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	metrics := http.NewServeMux()
	metrics.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))

	for flag, server := range map[string]struct {
		address string
		handler http.Handler
	}{
		"--health-probe-bind-address": {o.healthAddress, health},
		"--metrics-bind-address":      {o.metricsAddress, metrics},
	} {
		if server.address == "" || server.address == "0" {
			continue
		}
		stop, err := serve(ctx, server.address, server.handler)
		if err != nil {
			return fmt.Errorf("serving %s: %w", flag, err)
		}
		defer stop()
	}
	return run(ctx)
}

// serve serves at an address until stop is called.
func serve(ctx context.Context, address string, handler http.Handler) (stop func(), err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headersWithin}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // until it is closed
	}()
	return func() {
		_ = server.Close()
		<-ended
	}, nil
}
