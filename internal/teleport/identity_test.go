package teleport

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/keysize/keysizetest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func TestParseIdentityForms(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{ClusterName: "lab"})
	raw := issueRaw(t, srv, teleporttest.IdentityOptions{User: "bot-notifier"})
	materials := map[string]Credentials{
		"file":                {File: raw.File},
		"file and private CA": {File: raw.File, PrivateCA: raw.CAs},
		"triple":              {Cert: raw.Cert, Key: raw.Key, CAs: raw.CAs},
	}
	fingerprints := map[string]string{}
	for name, material := range materials {
		t.Run(name, func(t *testing.T) {
			id, err := ParseIdentity(material, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if id.User != "bot-notifier" {
				t.Errorf("user %q, want bot-notifier", id.User)
			}
			if d := raw.NotAfter.Sub(id.NotAfter).Abs(); d > time.Second {
				t.Errorf("NotAfter is %v off", d)
			}
			if !id.NotBefore.Before(time.Now()) {
				t.Errorf("NotBefore is %v", id.NotBefore)
			}
			if len(id.Fingerprint) != 64 {
				t.Errorf("fingerprint %q", id.Fingerprint)
			}
			if other, ok := fingerprints[id.Fingerprint]; ok {
				t.Errorf("same fingerprint as %s", other)
			}
			fingerprints[id.Fingerprint] = name
		})
	}
}

func TestParseIdentityRefuses(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	good := issueRaw(t, srv, teleporttest.IdentityOptions{})
	other := issueRaw(t, srv, teleporttest.IdentityOptions{})
	expired := issueRaw(t, srv, teleporttest.IdentityOptions{NotBefore: -2 * time.Hour, TTL: -time.Hour})
	early := issueRaw(t, srv, teleporttest.IdentityOptions{NotBefore: time.Hour, TTL: 2 * time.Hour})
	noCAs, _, _ := bytes.Cut(good.File, []byte("@cert-authority"))

	largeKey, largeCert := keysizetest.Pair(t, 8200)
	hugeKey, hugeCert := keysizetest.Pair(t, 1<<18)

	noSSHCAs := bytes.ReplaceAll(good.File, []byte("@cert-authority"), []byte("#"))

	tests := map[string]struct {
		material Credentials
		reason   string
		says     string
	}{
		"nothing":        {Credentials{}, IdentityMissing, "empty"},
		"text":           {Credentials{File: []byte("hello")}, IdentityMalformed, "cannot be read"},
		"cut short":      {Credentials{File: good.File[:len(good.File)-100]}, IdentityMalformed, "cut short"},
		"half":           {Credentials{File: good.File[:len(good.File)/2]}, IdentityMalformed, "tctl"},
		"no CA":          {Credentials{File: noCAs}, IdentityMalformed, "no certificate authorities"},
		"no SSH CA":      {Credentials{File: noSSHCAs}, IdentityMalformed, "no SSH certificate authorities"},
		"other SSH part": {Credentials{File: slices.Concat(good.File, sshPart(t, other.File))}, IdentityMalformed, "SSH"},
		"old SSH part":   {Credentials{File: slices.Concat(good.File, sshPartOf(t, good.File, 0, 1000))}, IdentityExpired, "1970-01-01T00:16:40Z"},
		"early SSH part": {Credentials{File: slices.Concat(good.File, sshPartOf(t, good.File, math.MaxUint64, math.MaxUint64))}, IdentityNotYetValid, "9999-12-31"},
		"both forms":     {Credentials{File: good.File, Cert: good.Cert}, IdentityMalformed, "not both"},
		"no certificate": {Credentials{Key: good.Key, CAs: good.CAs}, IdentityMalformed, "no TLS certificate"},
		"no key":         {Credentials{Cert: good.Cert, CAs: good.CAs}, IdentityMalformed, "no private key"},
		"no CA file":     {Credentials{Cert: good.Cert, Key: good.Key}, IdentityMalformed, "no certificate authorities"},
		"bad CA file":    {Credentials{Cert: good.Cert, Key: good.Key, CAs: []byte("x")}, IdentityMalformed, "authorities cannot be read"},
		"foreign key":    {Credentials{Cert: good.Cert, Key: other.Key, CAs: good.CAs}, IdentityMalformed, "does not belong"},
		"bad key":        {Credentials{Cert: good.Cert, Key: []byte("s3cret"), CAs: good.CAs}, IdentityMalformed, "cannot be read"},
		"expired":        {Credentials{File: expired.File}, IdentityExpired, "expired at"},
		"not yet valid":  {Credentials{File: early.File}, IdentityNotYetValid, "clocks"},
		"large key":      {Credentials{Cert: largeCert, Key: largeKey, CAs: good.CAs}, IdentityMalformed, "8192 bits"},
		"huge key":       {Credentials{Cert: good.Cert, Key: hugeKey, CAs: good.CAs}, IdentityMalformed, "8192 bits"},
		"huge key, file": {Credentials{File: slices.Concat(hugeKey, []byte("\n"), good.File)}, IdentityMalformed, "8192 bits"},
		"large CA":       {Credentials{Cert: good.Cert, Key: good.Key, CAs: slices.Concat(good.CAs, largeCert)}, IdentityMalformed, "8192 bits"},
		"huge CA":        {Credentials{File: good.File, PrivateCA: hugeCert}, IdentityMalformed, "8192 bits"},
		"bad private CA": {Credentials{File: good.File, PrivateCA: []byte("x")}, IdentityMalformed, "private CA"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			id, err := ParseIdentity(tt.material, time.Now())
			if id != nil {
				t.Errorf("got an identity")
			}
			var typed *Error
			if !errors.As(err, &typed) {
				t.Fatalf("error %v of type %T", err, err)
			}
			if typed.Detail != tt.reason || !strings.Contains(typed.Message, tt.says) {
				t.Errorf("got %s: %s\nwant %s: ... %s ...", typed.Detail, typed.Message, tt.reason, tt.says)
			}
			assertSentence(t, typed.Message)
		})
	}
}

func TestIdentityValidityFollowsTheGivenTime(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	id := issue(t, srv, teleporttest.IdentityOptions{TTL: time.Hour})
	for at, want := range map[time.Duration]string{
		-time.Hour: IdentityNotYetValid, 0: "", 59 * time.Minute: "", 2 * time.Hour: IdentityExpired,
	} {
		if got := reasonIn(id.Valid(time.Now().Add(at))); got != want {
			t.Errorf("after %v: %q, want %q", at, got, want)
		}
	}
}

func TestIdentityNeverShowsItsKey(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	raw := issueRaw(t, srv, teleporttest.IdentityOptions{})
	material := Credentials{Cert: raw.Cert, Key: raw.Key, CAs: raw.CAs}
	id, err := ParseIdentity(material, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if diff := cmp.Diff("teleport identity of user access-plugin", fmt.Sprintf(verb, id)); diff != "" {
			t.Errorf("%s: %s", verb, diff)
		}
		if diff := cmp.Diff("teleport identity material", fmt.Sprintf(verb, material)); diff != "" {
			t.Errorf("%s: %s", verb, diff)
		}
	}
}

// assertSentence fails for what does not fit into a status condition.
func assertSentence(t *testing.T, message string) {
	t.Helper()
	if strings.ContainsAny(message, "\n\t") || len(message) > 300 ||
		!strings.HasSuffix(message, ".") || strings.ToUpper(message[:1]) != message[:1] {
		t.Errorf("not one sentence: %q", message)
	}
}

func reasonIn(err error) string {
	var typed *Error
	if errors.As(err, &typed) {
		return typed.Detail
	}
	return ""
}
