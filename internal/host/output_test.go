package host

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/config"
)

// TestAFullDiskLosesNoLine: the standard error has it, and says why once.
func TestAFullDiskLosesNoLine(t *testing.T) {
	var stdout, stderr bytes.Buffer
	o := NewOutput(&stdout, &stderr)
	defer o.Close()
	write := func(line string) {
		t.Helper()
		if n, err := o.Write([]byte(line + "\n")); n != len(line)+1 || err != nil {
			t.Errorf("Write(%q) = %d, %v", line, n, err)
		}
	}
	open := func(name string) {
		t.Helper()
		if err := o.Open(name); err != nil {
			t.Fatal(err)
		}
	}
	open("/dev/full")
	write("first")
	write("second")
	if got := stderr.String(); strings.Count(got, "no space left on device") != 1 || !strings.HasSuffix(got, "\nfirst\nsecond\n") || o.Err() == nil {
		t.Errorf("the standard error has %q, the error is %v", got, o.Err())
	}

	file := filepath.Join(t.TempDir(), "log")
	open(file)
	write("third")
	if err := o.Open(filepath.Join(file, "nowhere")); err == nil {
		t.Error("a file in no directory is opened")
	}
	write("fourth")
	if content, err := os.ReadFile(file); string(content) != "third\nfourth\n" || errors.Join(err, o.Err()) != nil {
		t.Errorf("the file has %q, %v, %v", content, err, o.Err())
	}
	open(config.Stdout)
	write("fifth")
	if stdout.String() != "fifth\n" {
		t.Errorf("the standard output has %q", stdout.String())
	}
}
