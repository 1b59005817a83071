package config

import (
	"cmp"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// File is what a plugin's file says. It holds secrets: never log it.
type File struct {
	// Name is the file as the user named it.
	Name string
	// Teleport says where to hear of access requests.
	Teleport Teleport
	// Messenger says where to announce them.
	Messenger Messenger
	// RoleToRecipients lists the recipients of requests for a role, as routing.Rules do.
	RoleToRecipients map[string][]string
	// Reminders are those of every request, for a messenger that is for reminders only.
	Reminders []routing.Reminder
	// Log says where the log goes.
	Log Log
	// Review says who may decide in chat.
	Review review.Spec

	// descriptor is that of the messenger.
	descriptor messenger.Descriptor
	// lines are those of the keys, by their paths.
	lines map[string]int
}

// Teleport is the section of that name.
type Teleport struct {
	// Address is the Auth's or Proxy's host:port.
	Address string
	// Identity is the path of an identity file. Empty if the next three are set.
	Identity string
	// Certificate, Key and CAs are the paths of PEM files.
	Certificate, Key, CAs string
	// RefreshInterval is how often the identity is read again besides when it changes.
	RefreshInterval time.Duration
}

// Messenger is the section that is named for the messenger.
type Messenger struct {
	// Type is the messenger's name in its Descriptor.
	Type string
	// URL is the address of the team's own server; empty for services with a public
	// address.
	URL string
	// Insecure allows an address without TLS, which must be that of a Service in a cluster.
	Insecure bool
	// CAs is the path of a PEM file with certificate authorities that vouch for the server
	// besides the system's; empty for none.
	CAs string
	// Settings are what else the messenger is told, by the names of its Descriptor.
	Settings map[string]string
	// Secrets are what the bot is let in with, by their names in its Descriptor.
	Secrets map[string]Secret
}

// Secret is a secret, or the file that holds it.
type Secret struct {
	// Value is the secret itself. Empty if Path is set.
	Value string
	// Path is the absolute path of a file that holds nothing but the secret.
	Path string
}

// String hides the secret from logs.
func (s Secret) String() string { return "secret" }

// GoString hides the secret from logs.
func (s Secret) GoString() string { return s.String() }

// Log is the section of that name.
type Log struct {
	// Output is Stderr, Stdout, or the path of a file.
	Output string
	// Severity is the least severe that is logged: debug, info, warn or error.
	Severity string
}

// Outputs of the log that are no files.
const (
	Stderr = "stderr"
	Stdout = "stdout"
)

// Defaults of what a file may leave out.
const (
	defaultAddress  = "localhost:3025"
	defaultSeverity = "info"
	// DefaultRefreshInterval is how often files are read again by default.
	DefaultRefreshInterval = time.Minute
)

// Rules returns whom to tell. The plugin name is how Access Monitoring Rules name the
// notifier. Suggested reviewers hear of a request, as they do from
// Teleport's own plugins, unless the messenger is for reminders only.
func (f *File) Rules(pluginName string) routing.Rules {
	return routing.Rules{
		RoleToRecipients:   f.RoleToRecipients,
		Reminders:          f.Reminders,
		SuggestedReviewers: !f.descriptor.RemindersOnly,
		Plugin:             cmp.Or(pluginName, sectionOf(f.descriptor)),
	}
}

// problem returns what is wrong with a key.
func (f *File) problem(path, message string) Problem {
	return Problem{File: f.Name, Line: f.lines[path], Message: message}
}

// LogProblem describes why the log cannot be written to where the File says.
func (f *File) LogProblem(err error) Problem {
	return f.problem(join(sectionLog, keyOutput), "The log file "+f.Log.Output+" cannot be written: "+cause(err).Error())
}
