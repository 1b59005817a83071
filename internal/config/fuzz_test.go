package config

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pelletier/go-toml/v2"

	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
)

// planted is in the secrets of the files that fuzzing begins with.
const planted = "pl4nt3d"

// slow is far longer than reading a file of the largest size takes, on any machine.
const slow = 20 * time.Second

// FuzzParse: whatever a file holds, what is wrong with it is told in the same way each time, in
// the right line and without its secrets; a file with nothing wrong is read for what it says.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.toml")
	if err != nil || len(files) == 0 {
		f.Fatalf("there are no files to begin with: %v", err)
	}
	token := regexp.MustCompile(`(?m)^(token|secret|client_secret) *= *"[^"]*"`)
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
		f.Add(token.ReplaceAll(content, []byte(`$1 = "`+planted+`"`)))
	}
	for _, lines := range [][]string{
		good(), good(`"dev.x" = ["a", "b"]`, "[log]", `output = "stdout"`, `severity = "DEBUG"`), {""},
		{"[slack]", `token = "` + planted, "x"}, {"[slack]", `tokn = "` + planted + `"`, "[teleport]", "addr = 1"}, {"[slack]", `token = ["` + planted + `"]`},
		onCall("[reminders]", `"15m" = ["a", "b"]`, `1h = "a"`), onCall("reminders = 1"), onCall("[reminders.x]", "1m = 1"),
		{"[discord]", "[slack]", "[mattermost]", "[teleport.x]"}, {"slack = { token = { a = 1 } }", "role_to_recipients.x.y = 1"},
		{"[[slack]]", "[[slack]]"}, {"teleport = { x = 1, y = 2, z = 3, identity = 4 }"}, {"\ufeff[slack]\r", "a.b.c.d.e = '''\r", "'''\r"}, {"[teleport]", `"" = 1`, `"a\nb" = 2`, "'c' = inf", "d = 1979-05-27"},
		{"x = " + strings.Repeat("[", 500) + strings.Repeat("]", 500)}, {"\xff\xfea"}, {"a = 1", "b = '\xff'"},
	} {
		f.Add([]byte(strings.Join(lines, "\n")))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		began := time.Now()
		file, problems := Parse("test.toml", content, registry.All())
		if took := time.Since(began); took > slow {
			t.Errorf("reading the file took %s", took)
		}
		again, repeated := Parse("test.toml", content, registry.All())
		if diff := cmp.Diff(problems, repeated); diff != "" {
			t.Errorf("other problems are told the second time:\n%s", diff)
		}
		checkShown(t, string(content), file, problems)
		if !Usable(problems) {
			return
		}
		if diff := cmp.Diff(file, again, cmp.AllowUnexported(File{}), cmpopts.IgnoreFields(File{}, "descriptor")); diff != "" {
			t.Errorf("it is read in another way the second time:\n%s", diff)
		}
		checkRead(t, content, file)
		checkWhole(t, file)
	})
}

// checkShown holds problems against what may be shown, and where.
func checkShown(t *testing.T, content string, file *File, problems []Problem) {
	t.Helper()
	last := 1 + strings.Count(content, "\n")
	for _, p := range problems {
		if p.Line < 0 || p.Line > last || p.Message == "" || strings.ContainsAny(p.String(), "\n\r\x1b") {
			t.Errorf("the problem is %+v in a file of %d lines", p, last)
		}
	}
	for name, secret := range file.Messenger.Secrets {
		// One that is a key somewhere, or that is also something else, may be shown.
		if !strings.Contains(secret.Value, planted) || strings.Count(content, planted) > 1 {
			continue
		}
		for _, p := range problems {
			if strings.Contains(p.Message, planted) {
				t.Errorf("the problem shows %s: %s", name, p)
			}
		}
	}
	lines := strings.Split(content, "\n")
	for path, line := range file.lines {
		key := path[strings.LastIndex(path, "\x00")+1:]
		if line < 1 || line > last {
			t.Fatalf("the key %q is in line %d of %d", path, line, last)
		}
		if bare.MatchString(key) && !strings.Contains(content, `\`) && !strings.Contains(lines[line-1], key) {
			t.Errorf("the key %q is not in line %d: %s", path, line, lines[line-1])
		}
	}
}

// bare are keys that can be written in one way, with and without quotes.
var bare = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// checkRead holds a usable file against its TOML.
func checkRead(t *testing.T, content []byte, file *File) {
	t.Helper()
	var tree struct {
		Teleport struct {
			Addr      string `toml:"addr"`
			Identity  string `toml:"identity"`
			ClientKey string `toml:"client_key"`
		} `toml:"teleport"`
		Recipients map[string]any `toml:"role_to_recipients"`
	}
	if err := toml.Unmarshal(bytes.TrimPrefix(content, byteOrderMark), &tree); err != nil {
		t.Fatalf("a file that is no TOML, or of other types, is usable: %v", err)
	}
	if addr := strings.TrimSpace(tree.Teleport.Addr); addr != "" && file.Teleport.Address != addr {
		t.Errorf("the address is %q, and the file says %q", file.Teleport.Address, addr)
	}
	if file.Teleport.Identity != strings.TrimSpace(tree.Teleport.Identity) || file.Teleport.Key != strings.TrimSpace(tree.Teleport.ClientKey) {
		t.Errorf("the identity is %q or %q, and the file says %q or %q", file.Teleport.Identity, file.Teleport.Key, tree.Teleport.Identity, tree.Teleport.ClientKey)
	}
	for role := range tree.Recipients {
		if len(file.RoleToRecipients[role]) == 0 {
			t.Errorf("the role %q has no recipient", role)
		}
	}
}

// checkWhole holds a usable file against what whoever runs it takes for granted.
func checkWhole(t *testing.T, file *File) {
	t.Helper()
	teleport := file.Teleport
	identified := teleport.Identity != "" || teleport.Certificate != "" && teleport.Key != "" && teleport.CAs != ""
	if teleport.Address == "" || !identified || teleport.RefreshInterval < time.Second || file.Messenger.Type == "" {
		t.Errorf("the file is usable, and has %+v", file.Teleport)
	}
	if file.Log.Output == "" || !slices.Contains([]string{"debug", "info", "warn", "error"}, file.Log.Severity) {
		t.Errorf("the file is usable, and has %+v", file.Log)
	}
	// Mattermost's plugin runs without any: suggested reviewers hear of requests then.
	if len(file.Rules("").Configured()) == 0 && file.Messenger.Type != "Mattermost" {
		t.Error("the file is usable, and there is no recipient")
	}
	for _, role := range slices.Sorted(maps.Keys(file.RoleToRecipients)) {
		to := file.RoleToRecipients[role]
		if len(to) == 0 || slices.Contains(to, "") || slices.ContainsFunc(to, func(r string) bool { return strings.ContainsAny(r, "\n\r\x00") }) {
			t.Errorf("%q has the recipients %q", role, to)
		}
	}
	for name, secret := range file.Messenger.Secrets {
		if (secret.Value == "") == (secret.Path == "") || strings.ContainsAny(secret.Value, " \n\r\x00") {
			t.Errorf("the secret %s is neither a word nor a path", name)
		}
	}
}
