// Command demo shows the operator at work on this machine, without any account,
// cluster or container: a real API server, a simulated Teleport, simulated chat
// services, and between them the operator as a process of its own.
//
// It prints what happens and serves a web page to play with until it is
// interrupted. With -once it plays a few requests through, checks every message,
// measures the delay, and exits.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
)

// onceWithin bounds a run with -once.
const onceWithin = 2 * time.Minute

func main() {
	once := flag.Bool("once", false, "play a few requests through, check every message, and exit")
	operator := flag.String("operator", "", "the operator's `file`")
	locale := flag.String("locale", "", "spec.message.locale of all notifiers; -once reads English messages only")
	port := flag.Int("port", 0, "port of the web page on 127.0.0.1; 0 takes a free one")
	flag.Parse()
	// What starts the control plane would complain that it has nowhere to log to.
	ctrllog.SetLogger(logr.Discard())
	out := newPrinter(os.Stdout)
	if *once && *locale != "" {
		out.failure(errors.New("-once reads English messages: leave out -locale, or -once"))
		os.Exit(2)
	}
	os.Exit(run(&demo{out: out, binary: *operator, locale: *locale}, *once, *port))
}

func run(d *demo, once bool, port int) (status int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	interrupted := ctx.Done()
	err := show(ctx, d, once, port)
	select {
	case <-interrupted:
		if !once && errors.Is(err, context.Canceled) {
			d.out.line("Everything is stopped, nothing is left behind.")
			return 0
		}
	default:
	}
	if err != nil {
		d.out.failure(err)
		return 1
	}
	return 0
}

// show starts everything, plays, and stops everything.
func show(ctx context.Context, d *demo, once bool, port int) (err error) {
	d.out.title("Access Notifier demo", "a real operator on a real API server; Teleport, "+titles()+" are simulated")
	defer func() {
		err = errors.Join(err, d.stop())
	}()
	if once {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, onceWithin, fmt.Errorf("not done within %s", onceWithin))
		defer cancel()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := d.start(ctx, cancel, port); err != nil {
		return causeOr(ctx, err)
	}
	play := d.explore
	if once {
		play = d.check
	}
	return causeOr(ctx, play(ctx))
}

// causeOr prefers the reason why everything ends, such as the operator's death,
// to what failed because of it.
func causeOr(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
