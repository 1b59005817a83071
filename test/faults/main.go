// Command faults breaks everything around the operator, and the operator itself,
// and checks that it keeps its promises: no message is lost, none is there
// twice, and each shows the latest state in the end.
//
// It prints one line for each scenario and messenger on its standard output:
//
//	fault NAME expected=N delivered=N lost=N duplicated=N stale=N
//
// Expected counts the messages that are due, one for each request and recipient.
// Duplicated counts further messages and replies; stale those whose newest
// message does not show the final state, or whose message went back to an
// earlier one on its way. What happens meanwhile, and what is wrong, is printed
// on the standard error. The exit status is 1 when a promise is broken.
//
// Outages and the engine's delays are five times shorter than in production: a
// minute takes 12 seconds. Retry-After is not scaled.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == workerMode {
		os.Exit(work(os.Stdin))
	}
	run := flag.String("run", "", "play only the scenarios whose name matches this `regexp`")
	list := flag.Bool("list", false, "print the names of the scenarios, and play none")
	requests := flag.Int("requests", 0, "how many requests each scenario makes; 0 is what each needs, 200 for most")
	brief := flag.Bool("brief", false, "play each scenario on one only of the services that do not differ in what matters to it")
	parallel := flag.Int("parallel", 8, "how many scenarios are played at a time")
	flag.Parse()
	ctrllog.SetLogger(quietLog())
	os.Exit(suite(*run, *brief, *list, *requests, *parallel))
}

func suite(run string, brief, list bool, requests, parallel int) (status int) {
	match, err := regexp.Compile(run)
	if err != nil {
		complain("-run: %v", err)
		return 2
	}
	chosen, err := trials(match, brief)
	if err != nil {
		complain("%v", err)
		return 2
	}
	if list {
		for _, t := range chosen {
			fmt.Println(t.fullName())
		}
		return 0
	}
	if len(chosen) == 0 {
		complain("no scenario matches %q", run)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	complain("%d scenarios; outages and delays are %d times shorter than in production: 60 s are %s", len(chosen), scale, outage)
	return playAll(ctx, chosen, requests, parallel)
}

// playAll plays the trials, a few at a time, and prints their lines in order.
func playAll(ctx context.Context, chosen []trial, requests, parallel int) (status int) {
	began := time.Now()
	endings := schedule(ctx, chosen, requests, parallel)
	var broken []ending
	for _, ending := range endings {
		e := <-ending
		if e.err == nil {
			fmt.Printf("fault %s %s\n", e.name, e.Tally)
		}
		if e.failed() {
			broken = append(broken, e)
			e.explain()
		}
	}
	complain("%d of %d scenarios failed, after %s", len(broken), len(chosen), time.Since(began).Round(time.Second))
	// Once more at the end, which is all that a log that was cut still has.
	for _, e := range broken {
		e.explain()
	}
	if len(broken) > 0 || errors.Is(ctx.Err(), context.Canceled) {
		return 1
	}
	return 0
}

// ending is a result, or why there is none.
type ending struct {
	result
	err error
}

func (e ending) failed() bool { return e.err != nil || len(e.broken) > 0 }

// schedule plays the trials and returns where each result will be. Those that
// need much of the machine come last, two at a time.
func schedule(ctx context.Context, chosen []trial, requests, parallel int) []chan ending {
	endings := make([]chan ending, len(chosen))
	for i := range endings {
		endings[i] = make(chan ending, 1)
	}
	places := make(chan struct{}, max(parallel, 1))
	start := func(i int, weight int) {
		for range weight {
			places <- struct{}{}
		}
		go func() {
			r, err := chosen[i].play(ctx, cmp.Or(requests, chosen[i].requests, usual))
			if err == nil {
				complain("%s took %s", r.name, r.took.Round(100*time.Millisecond))
			}
			endings[i] <- ending{r, err}
			for range weight {
				<-places
			}
		}()
	}
	go func() {
		for i, t := range chosen {
			if !t.kubernetes {
				start(i, 1)
			}
		}
		for i, t := range chosen {
			if t.kubernetes {
				start(i, max(cap(places)/2, 1))
			}
		}
	}()
	return endings
}

// explain prints what is wrong, without end if much is.
func (e ending) explain() {
	const shown = 10
	if e.err != nil {
		complain("%v", e.err)
		return
	}
	complain("fault %s %s", e.name, e.Tally)
	for _, promise := range e.broken {
		complain("%s BREAKS PROMISE %s", e.name, promise)
	}
	for i, finding := range e.Findings {
		if i == shown {
			complain("  and %d more", len(e.Findings)-shown)
			break
		}
		complain("  %s", finding)
	}
}
