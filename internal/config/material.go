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
	// Descriptor, and the certificate authorities that vouch for it, by messenger.SecretCA.
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
	if f.Messenger.CAs != "" {
		paths = append(paths, f.Messenger.CAs)
	}
	return paths
}

func (t Teleport) files() []string {
	paths := []string{t.Identity, t.Certificate, t.Key, t.CAs}
	return slices.DeleteFunc(paths, func(path string) bool { return path == "" })
}

// Material reads the files that the File names. What cannot be used is taken from
// before, which is what was read last: a token that is gone does not keep a new identity
// from being used. With any problem, the Material is as whole as before is.
func (f *File) Material(before Material, now time.Time) (Material, []Problem) {
	identity, problems := f.identity(now)
	if len(problems) > 0 {
		identity = before.Identity
	}
	secrets, more := f.secrets()
	if len(more) > 0 {
		secrets = before.Secrets
	}
	return Material{Identity: identity, Secrets: secrets}, sorted(append(problems, more...))
}

// identity reads the identity. One that has expired, or is not valid yet, is no problem
// here: a newer one may come.
func (f *File) identity(now time.Time) (teleport.Credentials, []Problem) {
	c, problems := f.credentials()
	if len(problems) > 0 {
		return c, problems
	}
	return c, f.checkIdentity(c, now)
}

// credentials reads the files of the identity.
func (f *File) credentials() (c teleport.Credentials, problems []Problem) {
	t := f.Teleport
	for _, part := range []struct {
		key, what, path string
		content         *[]byte
	}{
		{keyIdentity, "identity", t.Identity, &c.File},
		{keyClientCert, "certificate", t.Certificate, &c.Cert},
		{keyClientKey, "private key", t.Key, &c.Key},
		{keyRootCAs, "certificate authorities", t.CAs, &c.CAs},
	} {
		if part.path == "" {
			continue
		}
		var problem []Problem
		*part.content, problem = f.read(join(sectionTeleport, part.key), part.what, part.path)
		problems = append(problems, problem...)
	}
	return c, problems
}

// read reads the file that the key at a path names.
func (f *File) read(path, what, name string) ([]byte, []Problem) {
	content, err := readFile(name)
	if err != nil {
		return nil, []Problem{f.problem(path, "The file of the "+what+" "+name+" "+err.Error())}
	}
	return content, nil
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

// secrets reads the secrets of the bot, and asks whether it could work with them.
func (f *File) secrets() (map[string]string, []Problem) {
	secrets, problems := f.readSecrets()
	if len(problems) > 0 {
		return secrets, problems
	}
	return secrets, f.checkBot(secrets)
}

// readSecrets reads the files of the secrets.
func (f *File) readSecrets() (secrets map[string]string, problems []Problem) {
	secrets = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(f.Messenger.Secrets)) {
		secret := f.Messenger.Secrets[name]
		secrets[name] = secret.Value
		if secret.Path == "" {
			continue
		}
		path := join(sectionOf(f.descriptor), name)
		content, problem := f.read(path, name, secret.Path)
		secrets[name] = strings.TrimSpace(string(content))
		if problem == nil {
			problem = f.checkSecret(path, name, secret.Path, secrets[name])
		}
		problems = append(problems, problem...)
	}
	if f.Messenger.CAs != "" {
		var problem []Problem
		secrets[messenger.SecretCA], problem = f.messengerCAs()
		problems = append(problems, problem...)
	}
	return secrets, problems
}

// messengerCAs reads the certificate authorities that vouch for the messenger's server.
func (f *File) messengerCAs() (string, []Problem) {
	path, name := join(sectionOf(f.descriptor), keyRootCAs), f.Messenger.CAs
	content, problem := f.read(path, "certificate authorities", name)
	if problem != nil {
		return "", problem
	}
	if _, err := messenger.ParseCA(content); err != nil {
		return "", []Problem{f.problem(path, "The file of the certificate authorities "+name+" cannot be used: "+err.Error())}
	}
	return string(content), nil
}

func (f *File) checkSecret(path, name, file, secret string) []Problem {
	what := "The file of the " + name + " " + file
	switch {
	case secret == "":
		return []Problem{f.problem(path, what+" is empty: write the "+name+" into it")}
	case f.descriptor.CheckSecret != nil:
		// It has a form of its own, which checkBot looks at.
		return nil
	case strings.ContainsFunc(secret, unicode.IsSpace):
		return []Problem{f.problem(path, what+" holds a line break or a space between other characters: it must hold the "+name+" and nothing else")}
	default:
		return nil
	}
}

// checkBot asks the messenger whether it could work as the File says. It makes no call.
func (f *File) checkBot(secrets messenger.Secrets) []Problem {
	if _, err := f.descriptor.New(messenger.Config{Secrets: secrets, Settings: f.Messenger.Settings, URL: f.Messenger.URL}); err != nil {
		section := sectionOf(f.descriptor)
		return []Problem{f.problem(section, "["+section+"] cannot work: "+err.Error())}
	}
	return nil
}
