package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// host is a directory with the files that a configuration names.
type host struct {
	t   *testing.T
	dir string
}

func (h host) write(name string, content []byte) string {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		h.t.Fatal(err)
	}
	return path
}

// file parses a file with the given lines of [teleport] and [slack].
func (h host) file(teleport, slack string) *File {
	h.t.Helper()
	content := "[teleport]\n" + teleport + "\n[slack]\n" + slack + "\n[role_to_recipients]\n\"*\" = \"ops\"\n"
	file, problems := Parse("test.toml", []byte(content), registry.All())
	if !Usable(problems) {
		h.t.Fatal(problems)
	}
	return file
}

func identity(t *testing.T) *teleporttest.Identity {
	t.Helper()
	server, err := teleporttest.Start(teleporttest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	found, err := server.Identity(teleporttest.IdentityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAFileBecomesASpec(t *testing.T) {
	h, id := host{t, t.TempDir()}, identity(t)
	tests := map[string]struct {
		teleport string
		slack    string
	}{
		"identity file": {
			`identity = "` + h.write("identity", id.File) + `"`,
			`token = "` + h.write("token", []byte("xoxb-1\r\n")) + `"`,
		},
		"three files": {
			`client_key = "` + h.write("auth.key", id.Key) + "\"\nclient_crt = \"" + h.write("auth.crt", id.Cert) + "\"\nroot_cas = \"" + h.write("auth.cas", id.CAs) + `"`,
			`token = "xoxb-1"`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			file := h.file(tt.teleport, tt.slack)
			material, problems := file.Material(Material{}, time.Now())
			if problems != nil {
				t.Fatal(problems)
			}
			spec := file.Spec(material, "")
			if spec.Predecessor != "slack" {
				t.Errorf("the predecessor is %q", spec.Predecessor)
			}
			if spec.Messenger.Type != "Slack" || spec.Messenger.Secrets["token"] != "xoxb-1" || spec.Installation != "" {
				t.Errorf("the messenger is %+v", spec.Messenger)
			}
			if spec.Teleport.Address != defaultAddress || spec.Teleport.IdentityRef == "" || !material.Equal(Material{spec.Teleport.Identity, spec.Messenger.Secrets}) {
				t.Errorf("the address is %s, the identity that of %s", spec.Teleport.Address, spec.Teleport.IdentityRef)
			}
			if !spec.Rules.SuggestedReviewers || spec.Rules.Plugin != "slack" || !slices.Equal(spec.Rules.RoleToRecipients["*"], []string{"ops"}) {
				t.Errorf("the rules are %+v", spec.Rules)
			}
		})
	}
}

// TestRecordsAreNamedForTheMessenger, and can be those of no AccessNotifier: an object has
// a namespace, without a colon.
func TestRecordsAreNamedForTheMessenger(t *testing.T) {
	file := host{t, ""}.file(`identity = "/i"`, `token = "xoxb-1"`)
	for plugin, want := range map[string]supervisor.Key{
		"":      {Name: "slack"},
		"slack": {Name: "slack"},
		"emea":  {Name: "slack:emea"},
	} {
		if got := file.Key(plugin); got != want || got.String() != want.Name {
			t.Errorf("the key of %q is %v, want %v", plugin, got, want)
		}
	}
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	h, id := host{t, t.TempDir()}, identity(t)
	good := `identity = "` + h.write("identity", id.File) + `"`
	missing := `"` + filepath.Join(h.dir, "missing") + `"`
	for name, tt := range map[string]struct {
		teleport, slack string
		want            []string
	}{
		"both missing":       {"identity = " + missing, "token = " + missing, []string{"test.toml:2: The file of the identity ", "does not exist", "test.toml:4: The file of the token "}},
		"no identity":        {`identity = "` + h.write("text", []byte("SECRET")) + `"`, `token = "x"`, []string{"test.toml:2: ", "cannot be read, or is cut short"}},
		"a cut identity":     {`identity = "` + h.write("half", id.File[:len(id.File)/2]) + `"`, `token = "x"`, []string{"test.toml:2: "}},
		"an empty identity":  {`identity = "` + h.write("empty", nil) + `"`, `token = "x"`, []string{"test.toml:2: ", "is empty"}},
		"a directory":        {`identity = "` + h.dir + `"`, `token = "x"`, []string{"test.toml:2: The file of the identity ", "is a directory"}},
		"a wrong key":        {`client_key = "` + h.write("a.key", identity(t).Key) + `"` + "\n" + `client_crt = "` + h.write("a.crt", id.Cert) + `"` + "\n" + `root_cas = "` + h.write("a.cas", id.CAs) + `"`, `token = "x"`, []string{"test.toml:3: ", "does not belong to its certificate"}},
		"an empty token":     {good, `token = "` + h.write("blank", []byte("\n")) + `"`, []string{"test.toml:4: The file of the token ", "is empty"}},
		"a token of 2 lines": {good, `token = "` + h.write("lines", []byte("xoxb\nSECRET\n")) + `"`, []string{"test.toml:4: The file of the token ", "holds a line break"}},
		"a strange token":    {good, `token = "` + h.write("strange", []byte("xoxb-SECRET\xff")) + `"`, []string{"test.toml:3: [slack] cannot work"}},
		"a huge token":       {good, `token = "` + h.write("huge", make([]byte, maxSize+1)) + `"`, []string{"test.toml:4: The file of the token ", "is larger than"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := h.file(tt.teleport, tt.slack).Material(Material{}, time.Now())
			var all strings.Builder
			for _, p := range problems {
				all.WriteString(p.String() + "\n")
			}
			for _, want := range tt.want {
				if !strings.Contains(all.String(), want) || strings.Contains(all.String(), "SECRET") {
					t.Errorf("problems:\n%s\nwant %q", all.String(), want)
				}
			}
		})
	}
	// A newer one may come.
	if _, problems := h.file(good, `token = "x"`).Material(Material{}, time.Now().AddDate(10, 0, 0)); problems != nil {
		t.Errorf("an expired identity: %v", problems)
	}
}

// TestOneFileThatIsGoneKeepsNothingElseFromBeingUsed, in either direction.
func TestOneFileThatIsGoneKeepsNothingElseFromBeingUsed(t *testing.T) {
	h, id := host{t, t.TempDir()}, identity(t)
	before := Material{Identity: teleport.Credentials{File: []byte("old")}, Secrets: map[string]string{"token": "old"}}
	good, token := `identity = "`+h.write("identity", id.File)+`"`, `token = "`+h.write("token", []byte("new"))+`"`
	got, problems := h.file(good, `token = "/nonexistent"`).Material(before, time.Now())
	if want := (Material{Identity: teleport.Credentials{File: id.File}, Secrets: before.Secrets}); len(problems) != 1 || !got.Equal(want) {
		t.Errorf("without a token: %v", problems)
	}
	got, problems = h.file(`identity = "/nonexistent"`, token).Material(before, time.Now())
	if want := (Material{Identity: before.Identity, Secrets: map[string]string{"token": "new"}}); len(problems) != 1 || !got.Equal(want) {
		t.Errorf("without an identity: %v", problems)
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	file := host{t, ""}.file(`identity = "/i"`, `token = "xoxb-SECRET"`)
	for _, format := range []string{"%v", "%+v", "%#v"} {
		if text := fmt.Sprintf(format, file.Messenger); strings.Contains(text, "SECRET") {
			t.Errorf("%s gives %s", format, text)
		}
	}
}

// Certificate authorities of the messenger's server are taken over as a token is.
func TestTheAuthoritiesOfAServerAreRead(t *testing.T) {
	h, id := host{t, t.TempDir()}, identity(t)
	ca := h.write("ca.pem", id.CAs)
	file, problems := Parse("test.toml", []byte("[teleport]\nidentity = \""+h.write("identity", id.File)+"\"\n[mattermost]\nurl = \"https://chat.example.com\"\n"+
		"token = \"t\"\nroot_cas = \""+ca+"\"\nrecipients = \"a/b\"\n"), registry.All())
	if problems != nil || !slices.Contains(file.Files(), ca) {
		t.Fatalf("%v, files %v", problems, file.Files())
	}
	good, problems := file.Material(Material{}, time.Now())
	if spec := file.Spec(good, ""); problems != nil || spec.Messenger.Secrets[messenger.SecretCA] != string(id.CAs) {
		t.Fatalf("%v, %v", problems, spec.Messenger)
	}
	h.write("ca.pem", []byte("secret"))
	kept, problems := file.Material(good, time.Now())
	if !kept.Equal(good) || len(problems) != 1 || problems[0].Line != 6 || !strings.Contains(problems[0].Message, "The file of the certificate authorities "+ca+" cannot be used") {
		t.Errorf("kept the last good: %t, %v", kept.Equal(good), problems)
	}
}

// A file that is wrong, and what it names, are mended at once.
func TestAllMistakesAreToldAtOnce(t *testing.T) {
	h := host{t, t.TempDir()}
	blank := h.write("token", []byte(" \n"))
	name := h.write("wrong.toml", []byte("[teleport]\naddr = \"nowhere\"\nidentity = \"/nonexistent\"\n"+
		"[slack]\ntoken = \""+blank+"\"\n[role_to_recipients]\n[sale]\n"))
	_, problems := Read(name, registry.All())
	var told []string
	for _, p := range problems {
		told = append(told, p.String())
	}
	for _, words := range []string{":2: [teleport] addr is", ":3: The file of the identity /nonexistent does not exist", "token is empty", `no "*"`, "no section [sale]"} {
		if !slices.ContainsFunc(told, func(problem string) bool { return strings.Contains(problem, words) }) {
			t.Errorf("%q is not among the problems:\n%s", words, strings.Join(told, "\n"))
		}
	}
}
