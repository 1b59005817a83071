package host

import (
	"context"
	"os"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/config"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/signal"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

const (
	// settleFor is how long files are left alone after they have changed: one that is
	// written into, and the three of a certificate, take a moment to be whole.
	settleFor = 200 * time.Millisecond
	// retryAfter is how long they are left alone after they could not be used.
	retryAfter = 2 * time.Second
	// reportDelay is how long changes are gathered before they are reported.
	reportDelay = time.Second
)

// Options is what a Host works with. All but PluginName are required.
type Options struct {
	// Path is the configuration.
	Path string
	// PluginName tells this notifier from others of the same messenger; by default it
	// is the messenger's name.
	PluginName string
	// Messengers are those that there are.
	Messengers messenger.Registry
	// Supervisor runs the notifier. Run starts it.
	Supervisor *supervisor.Supervisor
	// Log gets what the operator of the host should know.
	Log logr.Logger
	// Output is where the log goes, SetSeverity what of it.
	Output      *Output
	SetSeverity func(severity string)
}

// Host is one notifier on a host.
type Host struct {
	Options

	// current is what runs.
	current settings
	// doubt is what was wrong with the files when they were read last; told is true once
	// it is in the log.
	doubt string
	told  bool

	watch    *watch
	changed  signal.Signal
	reported report
}

// settings are a configuration and what the files hold that it names.
type settings struct {
	file     *config.File
	material config.Material
	key      supervisor.Key
}

// Load reads the configuration and all files that it names, and opens the log. With any
// problem but warnings, there is no Host.
func Load(o Options) (*Host, []config.Problem) {
	h := &Host{Options: o, changed: signal.New(), reported: report{log: o.Log}}
	next, problems := h.read()
	if !config.Usable(problems) {
		return nil, problems
	}
	h.take(next)
	// A disk that is full shows only now.
	h.Log.Info("Starting", "file", o.Path, "messenger", next.file.Messenger.Type, "records", next.key.String())
	if err := o.Output.Err(); err != nil {
		return nil, append(problems, next.file.LogProblem(err))
	}
	return h, problems
}

// Key names the notifier.
func (h *Host) Key() supervisor.Key { return h.current.key }

// read reads the configuration, and opens its log if all is well.
func (h *Host) read() (settings, []config.Problem) {
	file, problems := config.Read(h.Path, h.Messengers)
	if !config.Usable(problems) {
		return settings{}, problems
	}
	material, more := file.Material(config.Material{}, time.Now())
	problems = append(problems, more...)
	if config.Usable(problems) {
		if err := h.Output.Open(file.Log.Output); err != nil {
			problems = append(problems, file.LogProblem(err))
		}
	}
	return settings{file: file, material: material, key: file.Key(h.PluginName)}, problems
}

// take makes settings the current ones.
func (h *Host) take(next settings) {
	h.SetSeverity(next.file.Log.Severity)
	if h.current.file != nil && h.current.key != next.key {
		h.Supervisor.Remove(h.current.key)
	}
	h.current, h.doubt = next, ""
	h.ensure()
}

func (h *Host) ensure() {
	h.Supervisor.Ensure(h.current.key, h.current.file.Spec(h.current.material, h.PluginName))
}

// Run runs the notifier until ctx ends and its calls in flight are finished. It reads the
// configuration again when it receives from reload.
func (h *Host) Run(ctx context.Context, reload <-chan os.Signal) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	h.Supervisor.OnChange(func(supervisor.Key) { h.changed.Give() })
	h.Supervisor.OnNotice(func(_ supervisor.Key, n status.Notice) { h.reported.notice(n) })
	ended := make(chan error, 1)
	go func() { ended <- h.Supervisor.Start(ctx) }()
	h.watch = newWatch(h.Log)
	defer h.watch.close()
	h.watch.set(h.current.file.Files())
	h.loop(ctx, reload)
	h.Log.Info("Stopping")
	return <-ended
}

func (h *Host) loop(ctx context.Context, reload <-chan os.Signal) {
	refresh := time.NewTicker(h.current.file.Teleport.RefreshInterval)
	defer refresh.Stop()
	settled, report := stoppedTimer(), stoppedTimer()
	for {
		select {
		case <-ctx.Done():
			return
		case <-reload:
			h.reload()
			refresh.Reset(h.current.file.Teleport.RefreshInterval)
		case event := <-h.watch.events():
			if h.watch.concerns(event) {
				settled.Reset(settleFor)
			}
		case err := <-h.watch.errors():
			h.Log.Error(err, "Missed changes of files, so all are read")
			settled.Reset(settleFor)
		case <-refresh.C:
			settled.Reset(0)
			h.changed.Give() // an identity may have come near its end
		case <-settled.C:
			if !h.refresh() {
				settled.Reset(retryAfter)
			}
		case <-h.changed:
			report.Reset(reportDelay)
		case <-report.C:
			if snapshot, ok := h.Supervisor.Snapshot(h.current.key); ok {
				h.reported.snapshot(snapshot)
			}
		}
	}
}

func stoppedTimer() *time.Timer {
	timer := time.NewTimer(0)
	timer.Stop()
	return timer
}

// reload reads the configuration again. A wrong one leaves all as it is.
func (h *Host) reload() {
	next, problems := h.read()
	for _, problem := range problems {
		h.logProblem(problem)
	}
	if !config.Usable(problems) {
		h.Log.Error(nil, "Kept the last good configuration", "file", h.Path)
		return
	}
	h.take(next)
	h.watch.set(next.file.Files())
	h.Log.Info("Reloaded the configuration", "file", h.Path)
}

// refresh reads the files that the configuration names, and reports whether all of them
// can be used. Those that cannot are named once they stay so.
func (h *Host) refresh() bool {
	material, problems := h.current.file.Material(h.current.material, time.Now())
	if !material.Equal(h.current.material) {
		h.current.material = material
		h.ensure()
		h.Log.Info("Took over what has changed in the files that the configuration names")
	}
	h.weigh(problems)
	return len(problems) == 0
}

// weigh logs problems with files that were there the last time already: a file may be
// half written once.
func (h *Host) weigh(problems []config.Problem) {
	var doubt string
	for _, problem := range problems {
		doubt += problem.String() + "\n"
	}
	switch {
	case doubt != h.doubt:
		if h.told && doubt == "" {
			h.Log.Info("The files that the configuration names can be used again")
		}
		h.doubt, h.told = doubt, false
	case doubt != "" && !h.told:
		h.told = true
		for _, problem := range problems {
			h.logProblem(problem)
		}
		h.Log.Error(nil, "Kept what these files held before")
	}
}

func (h *Host) logProblem(p config.Problem) {
	values := []any{"file", p.File, "line", p.Line, "problem", p.Message}
	if p.Warning {
		h.Log.Info("The configuration has something without an effect", values...)
		return
	}
	h.Log.Error(nil, "The configuration cannot be used as it is", values...)
}
