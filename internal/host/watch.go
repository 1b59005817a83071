package host

import (
	"path/filepath"
	"strings"

	"github.com/fsnotify/fsnotify"
	"github.com/go-logr/logr"
)

// watch tells when files change. It watches their directories, since a file that is
// replaced is another one. Where that is not possible, it never tells anything.
type watch struct {
	log logr.Logger
	fs  *fsnotify.Watcher
	// files are those that count, by their paths.
	files map[string]bool
}

func newWatch(log logr.Logger) *watch {
	w := &watch{log: log}
	fs, err := fsnotify.NewWatcher()
	if err != nil {
		log.Error(err, "Could not watch files, so they are only read every now and then")
		return w
	}
	w.fs = fs
	return w
}

func (w *watch) close() {
	if w.fs != nil {
		_ = w.fs.Close()
	}
}

// set replaces the files that are watched.
func (w *watch) set(paths []string) {
	if w.fs == nil {
		return
	}
	for _, directory := range w.fs.WatchList() {
		_ = w.fs.Remove(directory)
	}
	w.files = map[string]bool{}
	for _, path := range paths {
		directory := filepath.Dir(path)
		if err := w.fs.Add(directory); err != nil {
			w.log.Error(err, "Could not watch a directory, so its files are only read every now and then", "directory", directory)
		}
		w.files[filepath.Clean(path)] = true
	}
}

// events returns what happens in the directories.
func (w *watch) events() <-chan fsnotify.Event {
	if w.fs == nil {
		return nil
	}
	return w.fs.Events
}

// errors returns what goes wrong, such as more events than can be kept.
func (w *watch) errors() <-chan error {
	if w.fs == nil {
		return nil
	}
	return w.fs.Errors
}

// concerns reports whether an event may be about one of the files. Kubernetes replaces all
// files of a volume by giving the link ..data another target.
func (w *watch) concerns(event fsnotify.Event) bool {
	return w.files[filepath.Clean(event.Name)] || strings.HasPrefix(filepath.Base(event.Name), "..")
}
