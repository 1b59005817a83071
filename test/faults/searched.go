package main

import (
	"fmt"
	"io"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/test/kit/canary"
)

// searched is what operators of a world log, at debug, in which none of its secrets may be.
type searched struct {
	nest *canary.Nest
	log  *canary.Log
}

func newSearched() *searched {
	nest := &canary.Nest{}
	return &searched{nest: nest, log: nest.Log()}
}

// know has the secrets of an operator searched for.
func (s *searched) know(spec operatorSpec) error {
	if err := s.nest.Add(canary.Secret, "identity", string(spec.Identity)); err != nil {
		return err
	}
	for name, value := range spec.Secrets {
		if name == messenger.SecretCA {
			continue
		}
		if err := s.nest.Add(canary.Secret, name, value); err != nil {
			return err
		}
	}
	return nil
}

// logger returns one whose lines are searched, and shown as those of quietLog.
func (s *searched) logger() logr.Logger {
	shown := quietLog()
	return funcr.New(func(prefix, args string) {
		_, _ = fmt.Fprintln(s.log, prefix, args)
		shown.Info(args)
	}, funcr.Options{Verbosity: 1})
}

// output is what the output of an operator in a process of its own is written to.
func (s *searched) output() io.Writer { return s.log }

// checkLogs finds secrets in what operators have logged.
func (w *world) checkLogs() {
	for _, finding := range w.searched.log.Findings() {
		w.breaks("7, isolation: an operator has logged %s", finding)
	}
}
