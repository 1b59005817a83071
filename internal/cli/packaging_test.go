package cli

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// packaging is where the files of the release for hosts are.
const packaging = "../../config/host/"

// unit returns the settings of the systemd unit, by section and name. A name that is there
// more than once has the values of all, one in each line.
func unit(t *testing.T, content []byte) map[string]string {
	t.Helper()
	settings, section := map[string]string{}, ""
	for lines := bufio.NewScanner(bytes.NewReader(content)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		name, value, isSetting := strings.Cut(line, "=")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			section = strings.Trim(line, "[]")
		case isSetting:
			settings[section+"."+name] = strings.TrimPrefix(settings[section+"."+name]+"\n"+value, "\n")
		default:
			t.Errorf("%q is no setting", line)
		}
	}
	return settings
}

// TestTheUnit starts and reloads the program as it can be, and keeps it from all else.
func TestTheUnit(t *testing.T) {
	content, err := os.ReadFile(packaging + "access-notifier@.service")
	if err != nil {
		t.Fatal(err)
	}
	settings := unit(t, content)
	for name, want := range map[string]string{
		"Service.ExecReload":            "/bin/kill -HUP $MAINPID",
		"Service.Restart":               "on-failure",
		"Service.User":                  "access-notifier",
		"Service.NoNewPrivileges":       "yes",
		"Service.CapabilityBoundingSet": "",
		"Service.ProtectSystem":         "strict",
		"Install.WantedBy":              "multi-user.target",
	} {
		if got, there := settings[name]; !there || got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	argv := strings.Fields(strings.ReplaceAll(settings["Service.ExecStart"], "%i", "slack"))
	command, rest, err := Command(argv[0]).Find(argv[1:])
	if err != nil || command.Name() != "start" {
		t.Fatalf("%q starts %v, %v", argv, command, err)
	}
	if err := command.ParseFlags(rest); err != nil || command.Flag("config").Value.String() != "/etc/teleport-slack.toml" {
		t.Errorf("%q reads %s, %v", argv, command.Flag("config").Value, err)
	}
	verify(t, content)
}

// verify has systemd read the unit, where there is systemd.
func verify(t *testing.T, content []byte) {
	t.Helper()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		return
	}
	file := filepath.Join(t.TempDir(), "access-notifier@slack.service")
	content = bytes.ReplaceAll(content, []byte("/usr/local/bin/access-notifier"), []byte("/bin/sh"))
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"verify", "--man=no", file},
		// In tenths: a unit without any protection has 96.
		{"security", "--offline=true", "--threshold=15", file},
	} {
		if out, err := exec.CommandContext(t.Context(), analyze, args...).CombinedOutput(); err != nil {
			t.Errorf("systemd-analyze %v: %v\n%s", args, err, out)
		}
	}
}

// TestTheProgramForHostsHasNoKubernetes: it is built, and half of the memory goes there.
func TestTheProgramForHostsHasNoKubernetes(t *testing.T) {
	build := exec.CommandContext(t.Context(), "go", "build", "-tags=host", "-o", filepath.Join(t.TempDir(), "access-notifier"), ".")
	list := exec.CommandContext(t.Context(), "go", "list", "-tags=host", "-deps", ".")
	build.Dir, list.Dir = "../..", "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	packages, err := list.Output()
	if err != nil || !strings.Contains(string(packages), "internal/host") {
		t.Fatalf("it has %s, %v", packages, err)
	}
	for name := range strings.FieldsSeq(string(packages)) {
		for _, heavy := range []string{"k8s.io/api/", "k8s.io/client-go/kubernetes", "k8s.io/apiextensions-apiserver", "sigs.k8s.io/controller-runtime"} {
			if strings.HasPrefix(name, heavy) {
				t.Errorf("it has %s", name)
			}
		}
	}
}

// TestTheInstallScript puts everything into its place, and keeps what it replaces.
func TestTheInstallScript(t *testing.T) {
	here, destination := t.TempDir(), t.TempDir()
	write := func(path, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"install.sh", "access-notifier@.service"} {
		content, err := os.ReadFile(packaging + name)
		if err != nil {
			t.Fatal(err)
		}
		write(filepath.Join(here, name), string(content))
	}
	write(filepath.Join(here, "access-notifier"), "#!/bin/sh\nexec env "+childVariable+"=1 '"+os.Args[0]+"' \"$@\"\n")
	for _, name := range []string{"man/access-notifier.1", "completion/access-notifier", "completion/_access-notifier", "completion/access-notifier.fish"} {
		write(filepath.Join(here, name), name)
	}
	bin := filepath.Join(destination, "usr/local/bin")
	write(filepath.Join(bin, "teleport-slack"), "the plugin")
	write(filepath.Join(bin, "access-notifier"), "the version before")

	for range 2 { // an upgrade is the same again
		install := exec.CommandContext(t.Context(), filepath.Join(here, "install.sh"), "--link-plugins")
		install.Env = append(os.Environ(), "DESTDIR="+destination)
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	for _, name := range []string{
		"usr/local/bin/access-notifier", "usr/local/share/man/man1/access-notifier.1", "etc/systemd/system/access-notifier@.service",
		"usr/local/share/bash-completion/completions/access-notifier", "usr/local/share/zsh/site-functions/_access-notifier",
		"usr/local/share/fish/vendor_completions.d/access-notifier.fish",
	} {
		if info, err := os.Stat(filepath.Join(destination, name)); err != nil || info.Size() == int64(len("the version before")) {
			t.Errorf("%s is not installed: %v", name, err)
		}
	}
	if info, err := os.Stat(filepath.Join(destination, "var/lib/access-notifier")); err != nil || info.Mode().Perm() != 0o750 {
		t.Errorf("there is no directory for credentials that is its user's alone: %v", err)
	}
	for _, messenger := range []string{"slack", "discord", "mattermost"} {
		if target, err := os.Readlink(filepath.Join(bin, "teleport-"+messenger)); err != nil || target != "access-notifier" {
			t.Errorf("teleport-%s leads to %q, %v", messenger, target, err)
		}
	}
	if kept, err := os.ReadFile(filepath.Join(bin, "teleport-slack.replaced")); err != nil || string(kept) != "the plugin" {
		t.Errorf("the plugin is %q, %v", kept, err)
	}
}
