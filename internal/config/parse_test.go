package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
)

// parse reads a file whose lines are given, and returns its problems.
func parse(t *testing.T, lines ...string) (*File, []string) {
	t.Helper()
	file, problems := Parse("test.toml", []byte(strings.Join(lines, "\n")), registry.All())
	var found []string
	for _, p := range problems {
		text := p.String()
		if p.Warning {
			text += " (warning)"
		}
		found = append(found, text)
	}
	return file, found
}

// good are the lines of a file without problems, which begin with those of [teleport].
func good(lines ...string) []string {
	return append([]string{"[teleport]", `identity = "/identity"`, "[slack]", `token = "xoxb-1"`, "[role_to_recipients]", `"*" = "ops"`}, lines...)
}

func TestTheFilesOfTheGuidesAreRead(t *testing.T) {
	files, err := filepath.Glob("testdata/*.toml")
	if err != nil || len(files) != 13 {
		t.Fatalf("there are %d files, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			file, problems := Read(name, registry.All())
			if !Usable(problems) {
				t.Fatalf("problems: %v", problems)
			}
			first := strings.HasSuffix(name, "-first.toml")
			if len(problems) > 0 != first {
				t.Errorf("warnings: %v", problems)
			}
			if len(file.RoleToRecipients["*"]) == 0 || file.Teleport.Address == defaultAddress || len(file.Files()) == 0 {
				t.Errorf("read %+v", file)
			}
		})
	}
}

func TestEverySettingIsRead(t *testing.T) {
	file, problems := parse(t, "[teleport]", `addr = "teleport.example.com:443"`, `identity = "/identity"`, `refresh_identity_interval = "90s"`,
		"[mattermost]", `url = "https://chat.example.com"`, `token = "/token"`,
		"[role_to_recipients]", `dev = "team/dev"`, `"a.b" = ["x@example.com", " team/b "]`,
		"[log]", `output = "/log"`, `severity = "Warn"`)
	want := &File{
		Name:      "test.toml",
		Teleport:  Teleport{Address: "teleport.example.com:443", Identity: "/identity", RefreshInterval: 90 * time.Second},
		Messenger: Messenger{Type: "Mattermost", URL: "https://chat.example.com", Secrets: map[string]Secret{"token": {Path: "/token"}}},
		RoleToRecipients: map[string][]string{
			"dev": {"team/dev"},
			"a.b": {"x@example.com", "team/b"},
		},
		Log: Log{Output: "/log", Severity: "warn"},
	}
	if diff := cmp.Diff(want, file, cmpopts.IgnoreUnexported(File{})); diff != "" || problems != nil {
		t.Errorf("%v (-want +got):\n%s", problems, diff)
	}
}

func TestAServerOfTheClusterMayBeReachedWithoutTLS(t *testing.T) {
	file, problems := parse(t, "[teleport]", `identity = "/identity"`, "[mattermost]", `url = "http://mattermost.chat.svc:8065"`, `insecure = "Allow"`,
		`token = "t"`, `recipients = "a/b"`)
	if spec := file.Spec(Material{}, ""); problems != nil || !spec.Messenger.Insecure {
		t.Errorf("%v: %+v", problems, file.Messenger)
	}
}

func TestAFileMayLeaveThingsOut(t *testing.T) {
	file, problems := parse(t, good()...)
	if problems != nil {
		t.Fatal(problems)
	}
	want := Teleport{Address: "localhost:3025", Identity: "/identity", RefreshInterval: time.Minute}
	if file.Teleport != want || file.Log != (Log{Output: Stderr, Severity: "info"}) {
		t.Errorf("read %+v, %+v", file.Teleport, file.Log)
	}
}

// TestTheFirstForms: a team and a channel are a recipient, and what has no effect is named.
func TestTheFirstForms(t *testing.T) {
	file, problems := Read("testdata/mattermost-first.toml", registry.All())
	if !Usable(problems) || file.Teleport.Address != "teleport.example.com:3025" || len(file.RoleToRecipients["*"]) != 1 || file.RoleToRecipients["*"][0] != "team/access-requests" {
		t.Errorf("read %+v, %v", file, problems)
	}
	if len(problems) != 2 || problems[0].Line != 13 || problems[1].Line != 15 || !strings.Contains(problems[1].Message, "[http] has no effect") {
		t.Errorf("warnings: %v", problems)
	}
	file, found := parse(t, "[teleport]", `identity = "/identity"`, "[slack]", `token = "xoxb-1"`, `channel = "ops"`)
	if found != nil || len(file.RoleToRecipients["*"]) != 1 || file.RoleToRecipients["*"][0] != "ops" {
		t.Errorf("read %v, %v", file.RoleToRecipients, found)
	}
}

func TestWhatFilesOfWindowsBeginWith(t *testing.T) {
	content := "\ufeff" + strings.Join(good("[logs]"), "\r\n") + "\r\n"
	_, problems := Parse("test.toml", []byte(content), registry.All())
	if len(problems) != 1 || problems[0].Line != 7 {
		t.Errorf("problems: %v", problems)
	}
}

// messengers lists the sections of all messengers.
func messengers() string {
	return "[" + strings.ToLower(strings.Join(registry.All().Types(), "], [")) + "]"
}

// TestEveryProblemIsToldAtOnce, in the order of the lines.
func TestEveryProblemIsToldAtOnce(t *testing.T) {
	_, got := parse(t, "[teleport]", `adr = "a"`, `identity = ["/identity"]`, "[slak]", "[log]", `severity = "loud"`, "[slack]", "token = 1", "[http]")
	want := []string{
		"test.toml:2: [teleport] has no key adr (did you mean addr?); it may have addr, auth_server, identity, refresh_identity, refresh_identity_interval, client_key, client_crt, root_cas",
		`test.toml:3: [teleport] identity is no text: put it into quotes, as in identity = "..."`,
		"test.toml:4: There is no section [slak] (did you mean [slack]?); there are [teleport], [role_to_recipients], [reminders], [log], [review], " + messengers(),
		"test.toml:6: [log] severity must be one of DEBUG, INFO, WARN, ERROR",
		`test.toml:8: [slack] token is no text: put it into quotes, as in token = "..."`,
		"test.toml:9: [http] has no effect: nothing is called back from chat (warning)",
	}
	got = remove(got, "has no \"*\"")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func remove(texts []string, part string) []string {
	var kept []string
	for _, text := range texts {
		if !strings.Contains(text, part) {
			kept = append(kept, text)
		}
	}
	return kept
}

// TestALargeFileIsReadSoon covers a file that is as large as may be: a reload must not keep
// the notifier from ending.
func TestALargeFileIsReadSoon(t *testing.T) {
	var keys, names strings.Builder
	for i := range 9000 {
		fmt.Fprintf(&keys, "k%d = \"ops\"\n", i)
		fmt.Fprintf(&names, "\"r%d\", ", i)
	}
	for name, line := range map[string]string{
		"keys":       keys.String(),
		"recipients": `intern = [` + names.String() + names.String() + `]`,
		"a path":     strings.Repeat("x.", maxSize/2-100) + "x = 1",
		"tables":     "x = " + strings.Repeat("{a=", 9000) + "1" + strings.Repeat("}", 9000),
	} {
		began := time.Now()
		if file, _ := parse(t, good(line)...); file.Line("slack", "token") != 4 {
			t.Errorf("%s: the token is in line %d", name, file.Line("slack", "token"))
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: it took %v", name, took)
		}
	}
}

func TestWhatIsWrongIsTold(t *testing.T) {
	// SECRET stands for what must not be repeated.
	for name, tt := range map[string]struct {
		lines []string
		want  string
	}{
		"no TOML":                 {[]string{"[slack]", "token = xoxb-SECRET"}, "test.toml:2: The line is not TOML: unexpected character"},
		"a key twice":             {[]string{"[slack]", `token = "a"`, `token = "b"`}, "test.toml:3: The line is not TOML: key token is already defined"},
		"no quote at the end":     {[]string{"[slack]", `token = "xoxb-SECRET`}, "test.toml:2: The line is not TOML: unterminated"},
		"a number too large":      {[]string{"[slack]", "token = 1e999999"}, "test.toml:2: The line is not TOML: unable to parse float"},
		"UTF-16":                  {[]string{"\xff\xfe[\x00"}, "test.toml:1: The file is in UTF-16"},
		"Latin-1":                 {[]string{"# a", "# f\xfcr"}, "test.toml:2: The line is not UTF-8"},
		"endless":                 {[]string{strings.Repeat("#", maxSize+1)}, "larger than 256 KiB"},
		"empty":                   {nil, "test.toml: The file names no messenger: add one of the sections " + messengers()},
		"two messengers":          {good("[discord]"), "test.toml:7: The file has both [slack] and [discord]"},
		"a section as a value":    {[]string{`slack = "x"`}, "test.toml:1: slack is no value: write [slack]"},
		"a key in no section":     {append([]string{`token = "SECRET"`}, good()...), "test.toml:1: token is in no section"},
		"another plugin":          {[]string{"[jira]"}, "test.toml:1: There is no section [jira]; there are"},
		"mail":                    {good("[smtp]"), "test.toml:7: [smtp] has no effect: it is of the e-mail plugin (warning)"},
		"no identity":             {good("[teleport.x]")[2:], "names no identity"},
		"both forms of identity":  {[]string{"[teleport]", `identity = "/i"`, `client_key = "/k"`}, "test.toml:3: [teleport] client_key is set beside identity"},
		"a third of an identity":  {[]string{"[teleport]", `client_key = "/k"`}, "test.toml:2: [teleport] client_key is set without all three"},
		"an empty identity":       {[]string{"[teleport]", `identity = ""`}, "test.toml:2: [teleport] identity is empty"},
		"a URL as an address":     {[]string{"[teleport]", `addr = "https://teleport.example.com"`}, `test.toml:2: [teleport] addr is "https://teleport.example.com": it must be HOST:PORT`},
		"no port":                 {[]string{"[teleport]", `addr = "teleport.example.com"`}, "it must be HOST:PORT"},
		"a port that cannot be":   {[]string{"[teleport]", `addr = "teleport.example.com:65536"`}, "it must be HOST:PORT"},
		"two addresses":           {[]string{"[teleport]", `addr = "a:1"`, `auth_server = "b:1"`}, "test.toml:3: [teleport] auth_server is the old name of addr"},
		"a short interval":        {[]string{"[teleport]", `refresh_identity_interval = "1ms"`}, "test.toml:2: [teleport] refresh_identity_interval is no time of a second or more"},
		"a number as an interval": {[]string{"[teleport]", `refresh_identity_interval = 60`}, "refresh_identity_interval is no text"},
		"no refresh":              {[]string{"[teleport]", `refresh_identity = false`}, "test.toml:2: [teleport] refresh_identity = false has no effect: a new identity is always taken over, without a gap (warning)"},
		"a refresh in quotes":     {[]string{"[teleport]", `refresh_identity = "yes"`}, "is neither true nor false"},
		"no token":                {[]string{"[slack]"}, "test.toml:1: [slack] has no token"},
		"an empty token":          {append([]string{"[slack]", `token = ""`}, good()[:2]...), "test.toml:1: [slack] cannot work: slack: the token is empty"},
		"a token of two lines":    {[]string{"[slack]", `token = "xoxb-\nSECRET"`}, "test.toml:2: [slack] token holds a line break"},
		"a token with a space":    {append([]string{"[slack]", `token = "xoxb- SECRET"`}, good()[:2]...), "test.toml:1: [slack] cannot work"},
		"no server":               {[]string{"[mattermost]"}, "test.toml:1: [mattermost] has no url"},
		"no URL":                  {append([]string{"[mattermost]", `url = "chat"`, `token = "t"`}, good()[:2]...), "test.toml:1: [mattermost] cannot work: mattermost: the address is not"},
		"a URL without TLS": {
			[]string{"[mattermost]", `url = "http://mattermost.chat.svc:8065"`, `token = "t"`},
			"test.toml:2: [mattermost] url cannot be used: http:// sends the token where others can read it: use https://",
		},
		"a public URL without TLS": {
			[]string{"[mattermost]", `url = "http://chat.example.com"`, `insecure = "Allow"`}, "test.toml:2: [mattermost] url cannot be used: http:// sends the token",
		},
		"insecure with TLS":     {[]string{"[mattermost]", `url = "https://chat.example.com"`, `insecure = "Allow"`}, "insecure is Allow, but the address begins with https://"},
		"insecure as a word":    {[]string{"[mattermost]", `insecure = "yes"`}, "test.toml:2: [mattermost] insecure must be one of ALLOW, DENY"},
		"a URL of no host":      {append([]string{"[mattermost]", `url = "https://[:::]"`, `token = "t"`}, good()[:2]...), "test.toml:1: [mattermost] cannot work: mattermost: the address is not"},
		"a user":                {[]string{"[teleport]", `addr = "https://user:canary@teleport.example.com"`}, `test.toml:2: [teleport] addr is "...@teleport.example.com": it must be HOST:PORT`},
		"an address of no host": {[]string{"[teleport]", `addr = "[:::]:443"`}, `test.toml:2: [teleport] addr is "[:::]:443": it must be HOST:PORT`},
		"a URL for Slack":       {[]string{"[slack]", `url = "https://x"`}, "test.toml:2: [slack] has no key url; it may have token"},
		"no recipients for all": {[]string{"[slack]", "[role_to_recipients]", `dev = "x"`}, `test.toml:2: [role_to_recipients] has no "*"`},
		"recipients as numbers": {good("dev = [1]"), `test.toml:7: The role "dev" has a recipient that is no text`},
		"no recipient":          {good("dev = []"), `test.toml:7: The role "dev" has no recipient`},
		"an empty recipient":    {good(`dev = ["a", " "]`), `test.toml:7: The role "dev" has an empty recipient`},
		"a recipient of lines":  {good(`dev = "a\nb"`), `test.toml:7: The role "dev" has a recipient with a line break`},
		"a dot in a role":       {good(`dev.admin = "a"`), `test.toml:7: Put the name of a role into quotes`},
		"an inline table":       {[]string{`slack = {token = "xoxb-1", tokn = "SECRET"}`}, "test.toml:1: [slack] has no key tokn (did you mean token?)"},
		"a name for Discord": {
			[]string{"[discord]", `token = "t"`, "[role_to_recipients]", `"*" = "1100000000000000001"`, `dev = ["user:1100000000000000002", "general"]`},
			`test.toml:5: The role "dev" has the recipient "general", which Discord cannot find. Name the id of a channel, or user: and the id of a user`,
		},
		"a person for Discord": {
			[]string{"[discord]", `token = "t"`, "[role_to_recipients]", `"*" = "alice@example.com"`},
			"which Discord cannot find. Name the id of a channel or user; Discord bots cannot look people up by e-mail address",
		},
		"recipients twice":       {[]string{"[mattermost]", `recipients = "a"`, "[role_to_recipients]", `"*" = "b"`}, `test.toml:2: [mattermost] recipients names recipients besides`},
		"a channel without team": {[]string{"[mattermost]", `channel = "a"`}, "test.toml:2: [mattermost] channel is set without team"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := parse(t, tt.lines...)
			all := strings.Join(problems, "\n")
			if !strings.Contains(all, tt.want) || strings.Contains(all, "SECRET") {
				t.Errorf("problems:\n%s\nwant %q", all, tt.want)
			}
		})
	}
}

// TestAProblemIsOneLineThatATerminalDoesNotActOn covers keys that hold what does not show.
func TestAProblemIsOneLineThatATerminalDoesNotActOn(t *testing.T) {
	_, problems := parse(t, good(`["x\u001b[2J\n\u202ey"]`, `a = 1`, `["`+strings.Repeat("z", 5000)+`"]`, `a = 1`)...)
	if len(problems) != 2 {
		t.Fatalf("%d problems: %q", len(problems), problems)
	}
	for _, problem := range problems {
		if strings.ContainsAny(problem, "\x1b\n\u202e") || len(problem) > 2*maxShown {
			t.Errorf("%q", problem)
		}
	}
}

func TestAConfigurationThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	unreadable := filepath.Join(dir, "unreadable.toml")
	if err := os.WriteFile(unreadable, nil, 0); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		dir:                              "is a directory",
		filepath.Join(dir, "no.toml"):    "does not exist",
		os.DevNull:                       "is no regular file",
		unreadable + "/x":                "cannot be read: not a directory",
		filepath.Join(dir, "large.toml"): "is larger than",
	} {
		if strings.HasPrefix(want, "is larger") {
			if err := os.WriteFile(name, make([]byte, maxSize+1), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, problems := Read(name, registry.All()); len(problems) != 1 || !strings.HasPrefix(problems[0].String(), name+": The configuration "+want) {
			t.Errorf("%s: %v, want %q", name, problems, want)
		}
	}
	if _, problems := Read(unreadable, registry.All()); os.Getuid() != 0 && (len(problems) != 1 || !strings.Contains(problems[0].Message, "may not be read")) {
		t.Errorf("without permission: %v", problems)
	}
}
