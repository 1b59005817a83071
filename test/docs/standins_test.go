package docs

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/internal/cli"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// The environment of what stands in for programs.
const (
	// siteVariable names the directory in which the pages' files are.
	siteVariable = "DOCS_SITE"
	// flagsVariable holds the flags that lead "access-notifier check" to simulators.
	flagsVariable = "DOCS_FLAGS"
)

// standIns are the programs that this test's binary is, called by their names.
var standIns = map[string]func(argv []string) int{
	"access-notifier": accessNotifier,
	"tctl":            func(argv []string) int { return conclude(tctl(argv[1:])) },
	"tbot":            func(argv []string) int { return conclude(tbot(argv[1:])) },
}

func conclude(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// accessNotifier is the program itself.
func accessNotifier(argv []string) int {
	if len(argv) > 1 && argv[1] == "check" {
		argv = append(argv, strings.Fields(os.Getenv(flagsVariable))...)
	}
	return cli.Run(argv, os.Stdout, os.Stderr)
}

// createdFile has what tctl created.
func createdFile(site string) string { return filepath.Join(site, "created.yaml") }

// tctl creates what Teleport's API knows, and signs identities that the simulator knows.
// What it is asked for must exist.
func tctl(args []string) error {
	flags := flag.NewFlagSet("tctl", flag.ContinueOnError)
	named := map[string]*string{}
	for _, name := range []string{"f", "roles", "token", "user", "out", "format", "ttl"} {
		named[name] = flags.String(name, "", "")
	}
	verb, args := verbOf(args)
	var words []string
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return err
		}
		if args = flags.Args(); len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	site := os.Getenv(siteVariable)
	switch verb {
	case "create":
		return tctlCreate(site, append(words, *named["f"])[0])
	case "users add", "bots add":
		return exist(site, append(strings.Split(*named["roles"], ","), *named["token"]))
	case "auth sign":
		identity, err := os.ReadFile(filepath.Join(site, "identity"))
		if err != nil {
			return err
		}
		return os.WriteFile(*named["out"], identity, 0o600)
	default:
		return fmt.Errorf("tctl has no %q here", verb)
	}
}

func verbOf(args []string) (verb string, rest []string) {
	if len(args) > 0 && args[0] == "create" {
		return args[0], args[1:]
	}
	return strings.Join(args[:min(2, len(args))], " "), args[min(2, len(args)):]
}

func tctlCreate(site, file string) error {
	content, err := io.ReadAll(os.Stdin)
	if file != "" {
		content, err = os.ReadFile(file)
	}
	if err != nil {
		return err
	}
	if _, err := teleporttest.ReadResources(string(content)); err != nil {
		return err
	}
	created, err := os.OpenFile(createdFile(site), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(created, "%s\n---\n", content)
	return errors.Join(err, created.Close())
}

// exist fails unless roles and tokens have been created, or are preset.
func exist(site string, names []string) error {
	created, err := readCreated(site)
	if err != nil {
		return err
	}
	for _, name := range names {
		has := func(r teleporttest.Resource) bool { return r.Name == name }
		if name != "" && name != teleporttest.PluginRole && !slices.ContainsFunc(created, has) {
			return fmt.Errorf("there is no %q: it was not created before", name)
		}
	}
	return nil
}

func readCreated(site string) ([]teleporttest.Resource, error) {
	content, err := os.ReadFile(createdFile(site))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return teleporttest.ReadResources(strings.TrimSuffix(string(content), "\n---\n"))
}

// tbotConfig is what a page may tell tbot. Newer ones call outputs services.
type tbotConfig struct {
	Version     string       `json:"version"`
	ProxyServer string       `json:"proxy_server"`
	Onboarding  onboarding   `json:"onboarding"`
	Storage     storage      `json:"storage"`
	Outputs     []tbotOutput `json:"outputs,omitempty"`
	Services    []tbotOutput `json:"services,omitempty"`
}

type onboarding struct {
	JoinMethod string `json:"join_method"`
	Token      string `json:"token"`
}

type storage struct {
	Type string `json:"type"`
	Path string `json:"path,omitempty"`
}

type tbotOutput struct {
	Type        string  `json:"type"`
	Destination storage `json:"destination"`
}

// tbot writes an identity to where its configuration says. It may be asked to install
// itself before.
func tbot(args []string) error {
	if len(args) > 2 && args[0] == "install" && args[1] == "systemd" {
		return nil
	}
	if len(args) != 3 || args[0] != "start" || args[1] != "-c" {
		return fmt.Errorf("tbot is not started by %q here", args)
	}
	content, err := os.ReadFile(args[2])
	if err != nil {
		return err
	}
	_, path, err := readTbot(content)
	if err != nil {
		return err
	}
	site := os.Getenv(siteVariable)
	identity, err := os.ReadFile(filepath.Join(site, "identity"))
	if err != nil {
		return err
	}
	// It makes its own directory in one that belongs to its user.
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return os.WriteFile(filepath.Join(path, "identity"), identity, 0o600)
}

// readTbot returns the dialect of tbot's configuration, and the directory that it makes
// tbot write an identity to.
func readTbot(content []byte) (dialect, path string, err error) {
	var c tbotConfig
	if err := yaml.UnmarshalStrict(content, &c); err != nil {
		return "", "", err
	}
	dialect, written := "services", c.Services
	if len(c.Outputs) > 0 {
		dialect, written = "outputs", append(c.Outputs, c.Services...)
	}
	if c.Version != "v2" || c.ProxyServer == "" || len(written) != 1 || written[0].Type != "identity" || written[0].Destination.Type != "directory" {
		return "", "", fmt.Errorf("the configuration makes tbot write no identity to a directory: %+v", c)
	}
	return dialect, written[0].Destination.Path, nil
}
