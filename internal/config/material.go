package config

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
)

// Material is what the files hold that a File names. Never log it.
type Material struct {
	// Identity is what Teleport lets the notifier in with.
	Identity teleport.Credentials
	// Secrets are what the messenger lets the bot in with, by their names in its
	// Descriptor.
	Secrets map[string]string
}

// Equal reports whether two are the same.
func (m Material) Equal(other Material) bool {
	a, b := m.Identity, other.Identity
	return bytes.Equal(a.File, b.File) && bytes.Equal(a.Cert, b.Cert) && bytes.Equal(a.Key, b.Key) && bytes.Equal(a.CAs, b.CAs) &&
		maps.Equal(m.Secrets, other.Secrets)
}

// Files returns the paths of all files that the File names.
func (f *File) Files() []string {
	paths := f.Teleport.files()
	for _, name := range slices.Sorted(maps.Keys(f.Messenger.Secrets)) {
		if path := f.Messenger.Secrets[name].Path; path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

func (t Teleport) files() []string {
	paths := []string{t.Identity, t.Certificate, t.Key, t.CAs}
	return slices.DeleteFunc(paths, func(path string) bool { return path == "" })
}

// Material reads the files that the File names. With any problem, the Material is not
// whole, or cannot be used. An identity that has expired, or is not valid yet, is none:
// a newer one may come.
func (f *File) Material(now time.Time) (Material, []Problem) {
	var problems []Problem
	m := Material{Secrets: map[string]string{}}
	read := func(path, what, name string) []byte {
		if name == "" {
			return nil
		}
		content, err := readFile(name)
		if err != nil {
			problems = append(problems, f.problem(path, what+" "+name+" "+err.Error()))
		}
		return content
	}
	t := f.Teleport
	m.Identity.File = read(join(sectionTeleport, keyIdentity), "The identity", t.Identity)
	m.Identity.Cert = read(join(sectionTeleport, keyClientCert), "The certificate", t.Certificate)
	m.Identity.Key = read(join(sectionTeleport, keyClientKey), "The private key", t.Key)
	m.Identity.CAs = read(join(sectionTeleport, keyRootCAs), "The file of certificate authorities", t.CAs)
	if len(problems) == 0 {
		problems = f.checkIdentity(m.Identity, now)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Messenger.Secrets)) {
		path, secret := join(sectionOf(f.descriptor), name), f.Messenger.Secrets[name]
		m.Secrets[name] = secret.Value
		if secret.Path == "" {
			continue
		}
		before := len(problems)
		m.Secrets[name] = strings.TrimSpace(string(read(path, "The file of the "+name, secret.Path)))
		if len(problems) == before {
			problems = append(problems, f.checkSecret(path, name, secret.Path, m.Secrets[name])...)
		}
	}
	if len(problems) == 0 {
		problems = f.checkBot(m.Secrets)
	}
	return m, sorted(problems)
}

// checkIdentity says why credentials can never be used.
func (f *File) checkIdentity(c teleport.Credentials, now time.Time) []Problem {
	_, err := teleport.ParseIdentity(c, now)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*teleport.Error](err); ok && (e.Detail == teleport.IdentityExpired || e.Detail == teleport.IdentityNotYetValid) {
		return nil
	}
	key, name := keyIdentity, f.Teleport.Identity
	if name == "" {
		key, name = keyClientCert, f.Teleport.Certificate
	}
	return []Problem{f.problem(join(sectionTeleport, key), name+": "+err.Error())}
}

func (f *File) checkSecret(path, name, file, secret string) []Problem {
	switch {
	case secret == "":
		return []Problem{f.problem(path, "The file of the "+name+" "+file+" is empty: write the "+name+" into it")}
	case strings.ContainsFunc(secret, unicode.IsSpace):
		return []Problem{f.problem(path, "The file of the "+name+" "+file+" holds a line break or a space between other characters: it must hold the "+name+" and nothing else")}
	default:
		return nil
	}
}

// checkBot asks the messenger whether it could work as the File says. It makes no call.
func (f *File) checkBot(secrets messenger.Secrets) []Problem {
	if _, err := f.descriptor.New(messenger.Config{Secrets: secrets, URL: f.Messenger.URL}); err != nil {
		section := sectionOf(f.descriptor)
		return []Problem{f.problem(section, "["+section+"] cannot work: "+err.Error())}
	}
	return nil
}
