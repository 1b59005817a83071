// Command bench measures the operator under load, as a process of its own with
// the rights in config/rbac, against a real API server and simulated services.
//
// It prints one line for each figure on its standard output:
//
//	figure NAME VALUE UNIT
//
// What it does meanwhile, and what else it saw, is printed on the standard
// error. The exit status is 1 when a figure breaks its bound, and when something
// could not be measured because it did not work; there is no figure for it then.
// docs/performance.md says what each figure means. It needs Linux, whose /proc
// tells how much memory a process takes.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// measureWithin bounds one measurement; each takes a fraction of that.
const measureWithin = 4 * time.Minute

func main() {
	if dir, ok := os.LookupEnv(profileVariable); ok {
		os.Exit(operate(dir, os.Args[1:]))
	}
	if config, ok := os.LookupEnv(floorVariable); ok {
		os.Exit(floor(config))
	}
	if _, ok := os.LookupEnv(partyVariable); ok {
		os.Exit(hostParty())
	}
	run := flag.String("run", "", "measure only the figures whose name matches this `regexp`")
	list := flag.Bool("list", false, "print the names of the figures with their bounds, and measure none")
	profile := flag.String("profile", "", "write profiles of the operator's processor time and allocations to this `directory`")
	plots := flag.String("plots", "", "draw how memory and time grow to this `directory`")
	operator := flag.String("operator", "", "measure this `file`, rather than one that is built for it")
	flag.Parse()
	os.Exit(bench(*run, *list, &platform{profile: *profile, plots: *plots, binary: *operator, grown: map[string][]point{}}))
}

func bench(run string, list bool, p *platform) (status int) {
	match, err := regexp.Compile(run)
	if err != nil {
		note("-run: %v", err)
		return 2
	}
	chosen := choose(match)
	if list {
		for _, m := range chosen {
			for _, f := range m.figures {
				fmt.Println(f.name, f.bound, f.unit)
			}
		}
		return 0
	}
	if len(chosen) == 0 {
		note("no figure matches %q", run)
		return 2
	}
	p.host = slices.ContainsFunc(chosen, func(m measurement) bool { return m.host })
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := measureAll(ctx, p, chosen); err != nil {
		note("%v", err)
		return 1
	}
	return 0
}

// choose returns the measurements that have a matching figure, with those only, and without
// a choice all that are not apart.
func choose(match *regexp.Regexp) []measurement {
	var chosen []measurement
	for _, m := range measurements {
		if m.apart && match.String() == "" {
			continue
		}
		m.figures = slices.DeleteFunc(slices.Clone(m.figures), func(f figure) bool { return !match.MatchString(f.name) })
		if len(m.figures) > 0 {
			chosen = append(chosen, m)
		}
	}
	return chosen
}

// measureAll measures and prints one after the other. One that fails does not
// keep the others from being measured.
func measureAll(ctx context.Context, p *platform, chosen []measurement) (err error) {
	began := time.Now()
	note("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	defer func() { err = errors.Join(err, p.stop()) }()
	if err := p.start(ctx); err != nil {
		return err
	}
	var errs []error
	for _, m := range chosen {
		if ctx.Err() != nil {
			return errors.Join(append(errs, context.Cause(ctx))...)
		}
		if err := measure(ctx, p, m); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", m.title, err))
		}
	}
	if p.plots != "" && len(p.grown) > 0 {
		errs = append(errs, drawPlots(p.plots, p.grown))
	}
	note("done after %s", time.Since(began).Round(time.Second))
	return errors.Join(errs...)
}

func measure(ctx context.Context, p *platform, m measurement) error {
	within := cmp.Or(m.within, measureWithin)
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("not done within %s", within))
	defer cancel()
	began := time.Now()
	note("%s ...", m.title)
	values, err := m.measure(ctx, p)
	if err != nil {
		return err
	}
	note("%s took %s", m.title, time.Since(began).Round(time.Second))
	return report(os.Stdout, m.figures, values)
}

// report prints figures, and returns an error for each that has no value or
// breaks its bound.
func report(out io.Writer, figures []figure, values map[string]float64) error {
	var errs []error
	for _, f := range figures {
		value, ok := values[f.name]
		if !ok {
			errs = append(errs, fmt.Errorf("there is no value for %s", f.name))
			continue
		}
		if _, err := fmt.Fprintln(out, f.line(value)); err != nil {
			return fmt.Errorf("printing a figure: %w", err)
		}
		errs = append(errs, f.check(value))
	}
	return errors.Join(errs...)
}

// note prints for people; the standard output is for figures.
func note(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}
