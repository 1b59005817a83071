package canary

import (
	"fmt"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/test/kit/canary"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// checks are what "check" prints of all AccessNotifiers, by how it was called.
func (w *world) checks(when string) map[string]string {
	w.Helper()
	flags := []string{"check", "-n", space, "--allow-networks=127.0.0.0/8", "--timeout=5s"}
	for _, c := range w.chats {
		flags = append(flags, c.service.Flags(c.url)...)
	}
	printed := map[string]string{}
	for _, more := range [][]string{{"--all", "-o", "json"}, {"slack", "--send-test"}, {"webhook"}} {
		printed[fmt.Sprintf("check %v %s", more, when)] = w.run(append(slices.Clone(flags), more...)...)
	}
	return printed
}

// config is a file of the Slack plugin with a token and what else it says.
const config = `%[3]s
[teleport]
addr = "%[1]s"
identity = "identity"
[slack]
%[2]s
[role_to_recipients]
"*" = ["access-requests"]
[log]
severity = "DEBUG"
%[4]s
`

// files are what commands print that read files of plugins, with secrets where they belong and
// where they do not.
func (w *world) files() map[string]string {
	w.Helper()
	id := w.addIdentity("identity-of-a-host", "host/identity")
	w.write("identity", []byte(id))
	token := w.chat(service.Slack).secrets["token"]
	key := strings.ReplaceAll(id[:strings.Index(id, "-----END")+30], "\n", `\n`)
	user := canary.Word("user in an address")
	w.secret("host/password", user)
	w.write("token", []byte(token[:9]+"\n"+token[9:]))
	addr := w.teleport.Addr()
	printed := map[string]string{}
	for name, content := range map[string]string{
		"works":             fmt.Sprintf(config, addr, `token = "`+token+`"`, "", ""),
		"of two lines":      fmt.Sprintf(config, addr, `token = "`+w.dir+`/token"`, "", ""),
		"not quoted":        fmt.Sprintf(config, addr, `token = `+token, "", ""),
		"not ended":         fmt.Sprintf(config, addr, `token = "`+token, "", ""),
		"a list":            fmt.Sprintf(config, addr, `token = ["`+token+`"]`, "", ""),
		"a table":           fmt.Sprintf(config, addr, `token = {value = "`+token+`"}`, "", ""),
		"another name":      fmt.Sprintf(config, addr, `tokn = "`+token+`"`, "", ""),
		"twice":             fmt.Sprintf(config, addr, `token = "`+token+"\"\ntoken = \""+token+`"`, "", ""),
		"at the top":        fmt.Sprintf(config, addr, "", `token = "`+token+`"`, ""),
		"the severity":      fmt.Sprintf(config, addr, `token = "x"`, "", `severity = "`+token+`"`),
		"with an address":   fmt.Sprintf(config, user+":"+user+"@127.0.0.1:443", `token = "`+token+`"`, "", ""),
		"with a URL":        fmt.Sprintf(config, addr, `token = "`+token+"\"\nurl = \"https://user:"+user+`@slack.example"`, "", ""),
		"with a key":        strings.Replace(fmt.Sprintf(config, addr, `token = "`+token+`"`, "", ""), `"identity"`, `"`+key+`"`, 1),
		"a key for a token": fmt.Sprintf(config, addr, `token = "`+key+`"`, "", ""),
		"for Mattermost":    strings.NewReplacer("[slack]", "[mattermost]", `"*" = ["access-requests"]`, `"*" = ["main/access-requests"]`).Replace(fmt.Sprintf(config, addr, `token = "`+token+"\"\nurl = \"https://user:"+user+`@chat.example"`, "", "")),
		"no TOML":           token + "\n" + id,
	} {
		file := w.write("config.toml", []byte(content))
		slack := w.chat(service.Slack)
		commands := [][]string{
			append([]string{"check", "-f", file, "--timeout=5s"}, slack.service.Flags(slack.url)...),
			{"migrate", "-f", file, "-n", space}, {"migrate", "-f", file, "-n", space, "--to=values"},
		}
		if name != "works" && name != "of two lines" {
			commands = append(commands, []string{"start", "-c", file, "--debug", "--messenger-url=Slack=https://127.0.0.1:1"})
		}
		for _, command := range commands {
			printed[command[0]+" with a token "+name+" "+fmt.Sprint(len(printed))] = w.runHere(command...)
		}
	}
	return printed
}
