package main

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// scale is by how much outages and the engine's delays are shorter than in
// production: 60 s become 12 s. What services say in Retry-After, and the delays
// of sessions with Teleport, are not scaled.
const scale = 5

const (
	// outage stands for a minute.
	outage      = time.Minute / scale
	callTimeout = messenger.DefaultTimeout / scale
	// landsWithin is for how long a call may take effect after it was given up.
	landsWithin = 10 * time.Second / scale
	// foreign is a little more than the scaled default: a machine that is
	// busy with the suite delays calls that have timed out.
	foreign = 34 * time.Second / scale
)

// timing is the engine's, scaled.
var timing = notifier.Timing{
	RetryBase:    500 * time.Millisecond / scale,
	RetryCap:     30 * time.Second / scale,
	SlowRetry:    30 * time.Second / scale,
	Foreign:      foreign,
	ClaimFresh:   5 * time.Second / scale,
	CallTimeout:  callTimeout,
	LateEffect:   landsWithin,
	SearchLag:    2 * time.Second / scale,
	StoreTimeout: 10 * time.Second / scale,
	AbsenceDelay: 30 * time.Second / scale,
	Grace:        12 * time.Second / scale,
}

// operatorSpec is all that an operator without Kubernetes needs.
type operatorSpec struct {
	Address  string
	Identity []byte
	Type     string
	URL      string
	Settings map[string]string
	// Secrets are no messenger.Secrets, which are written without what they hold.
	Secrets    map[string]string
	Recipients []string
	// Predecessor is the plugin whose messages are taken over, "" for none.
	Predecessor string
}

// operator returns the spec of an operator of the world.
func (w *world) operator() (operatorSpec, error) {
	identity, err := w.identity()
	if err != nil {
		return operatorSpec{}, err
	}
	spec := operatorSpec{
		Address:    w.teleport.Addr(),
		Identity:   identity,
		Type:       string(w.platform.Type),
		URL:        w.chat.URL(),
		Settings:   w.platform.Settings(),
		Secrets:    w.platform.Secrets(w.token),
		Recipients: w.recipients,

		Predecessor: w.predecessor,
	}
	return spec, w.searched.know(spec)
}

func (o operatorSpec) notifier() supervisor.Spec {
	return supervisor.Spec{
		Teleport:  supervisor.Teleport{Address: o.Address, IdentityRef: "identity", Identity: teleport.Credentials{File: o.Identity}},
		Messenger: supervisor.Messenger{Type: o.Type, URL: o.URL, Settings: o.Settings, Secrets: o.Secrets},
		Rules:     routing.Rules{Always: o.Recipients},

		Predecessor: o.Predecessor,
	}
}

// newSupervisor makes all of an operator but its controllers. The transport may
// be watched.
func newSupervisor(log logr.Logger, watched func(*operatorTransport)) *supervisor.Supervisor {
	client := messenger.NewHTTPClient(messenger.TransportConfig{Timeout: callTimeout, AllowLoopback: true})
	if watched != nil {
		transport := &operatorTransport{next: client.Transport}
		watched(transport)
		client.Transport = transport
	}
	return launch.Supervisor(supervisor.Options{Log: log, Timing: timing, HTTPClient: client})
}

// quietLog prints nothing, unless FAULTS_LOG is set, for a look at one scenario.
func quietLog() logr.Logger {
	if os.Getenv("FAULTS_LOG") == "" {
		return logr.Discard()
	}
	start := time.Now()
	return funcr.New(func(prefix, args string) {
		complain("%8.3f %s %s", time.Since(start).Seconds(), prefix, args)
	}, funcr.Options{Verbosity: 1})
}

// operator is an operator in this process.
type operator struct {
	*supervisor.Supervisor
	spec operatorSpec
	stop func()
}

// startOperator starts an operator in this process. It ends with the world, or
// with stop.
func (w *world) startOperator(ctx context.Context) (*operator, error) {
	return w.startWatched(ctx, nil)
}

// startReady is startOperator that waits until the operator is ready.
func (w *world) startReady(ctx context.Context) (*operator, error) {
	o, err := w.startOperator(ctx)
	if err != nil {
		return nil, err
	}
	return o, o.ready(ctx)
}

func (w *world) startWatched(ctx context.Context, watched func(*operatorTransport)) (*operator, error) {
	spec, err := w.operator()
	if err != nil {
		return nil, err
	}
	o := &operator{Supervisor: newSupervisor(w.searched.logger(), watched), spec: spec}
	end := launch.Run(ctx, o.Supervisor)
	o.stop = sync.OnceFunc(func() {
		if err := end(); err != nil {
			complain("operator: %v", err)
		}
	})
	w.onStop(o.stop)
	w.operators = append(w.operators, o)
	o.Ensure(notifierKey, spec.notifier())
	return o, nil
}

// idle reports whether the operator knows of nothing left to do.
func (o *operator) idle() bool {
	s, ok := o.Snapshot(notifierKey)
	return ok && s.Failure == nil && s.Undelivered == 0
}

// ready waits until the operator has seen everything once.
func (o *operator) ready(ctx context.Context) error {
	return wait.For(ctx, time.Minute, pollEvery, func() error {
		s, ok := o.Snapshot(notifierKey)
		if ok && s.Teleport.Connected && s.Messenger.Known {
			return nil
		}
		return errors.New("the operator is not ready")
	})
}
