package teams

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/keysize/keysizetest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// certified returns a bot that signs in with the certificate of a word.
func certified(service *messengertest.Teams, word string, ends time.Time) (*Teams, error) {
	certificate, key := messengertest.TeamsCertificate(word, ends)
	return New(messenger.Config{
		Secrets: messenger.Secrets{SecretCertificate: certificate, SecretKey: key}, Settings: Descriptor().ExampleSettings(),
		URL: "http://teams.simulated/teams", HTTPClient: &http.Client{Transport: service.Transport()},
	})
}

// TestACertificateLetsTheBotIn as a client secret does, again and again, and is told from one that
// the app does not have, or no longer.
func TestACertificateLetsTheBotIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)))
		service := messengertest.NewTeams(messengertest.Options{})
		bot, err := certified(service, messengertest.DefaultToken, messengertest.TeamsCertificates)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := bot.Check(t.Context()); err != nil {
				t.Errorf("Check = %v", err)
			}
		}
		if _, err := bot.Post(t.Context(), messenger.Address{ID: service.AddChannel("ops")}, small, ""); err != nil {
			t.Errorf("Post = %v", err)
		}
		other, err := certified(service, "another", messengertest.TeamsCertificates)
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, "Check with another certificate", other.Check(t.Context()), messenger.MessengerPermanent, "AADSTS700027")
		service.SetToken(messengertest.DefaultToken, "another")
		wantCode(t, "Check with the old certificate", bot.Check(t.Context()), messenger.MessengerPermanent, "AADSTS700027")
		if err := other.Check(t.Context()); err != nil {
			t.Errorf("Check with the new certificate = %v", err)
		}
	})
}

// TestACertificateThatHasExpiredIsNamed, and so is one that is not valid yet, without a call.
func TestACertificateThatHasExpiredIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := messengertest.NewTeams(messengertest.Options{})
		ends := time.Now().Add(time.Hour)
		bot, err := certified(service, messengertest.DefaultToken, ends)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour + time.Second)
		err = bot.Check(t.Context())
		wantCode(t, "Check", err, messenger.MessengerPermanent, "certificate_expired")
		if text := err.Error(); !strings.Contains(text, "2000-01-01T01:00:00Z") || !strings.Contains(text, "add the certificate to the app") {
			t.Errorf("it says %s", text)
		}
		bot.credential.until, bot.credential.from = time.Now().Add(time.Hour), time.Now().Add(time.Minute)
		wantCode(t, "Check", bot.Check(t.Context()), messenger.MessengerPermanent, "certificate_not_yet_valid")
		if n := service.Calls()["token"]; n != 0 {
			t.Errorf("signed in %d times", n)
		}
	})
}

// TestAClockThatIsWrongIsNamed: an assertion from long ago is not taken.
func TestAClockThatIsWrongIsNamed(t *testing.T) {
	now := func() time.Time { return time.Now().Add(time.Hour) }
	service := messengertest.NewTeams(messengertest.Options{Now: now})
	bot, err := certified(service, messengertest.DefaultToken, messengertest.TeamsCertificates)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, "Check", bot.Check(t.Context()), messenger.MessengerPermanent, "AADSTS700024")
}

// TestCertificatesThatCannotBeAreRefused without being repeated.
func TestCertificatesThatCannotBeAreRefused(t *testing.T) {
	certificate, key := messengertest.TeamsCertificate("word", messengertest.TeamsCertificates)
	curved, curve := elliptical(t)
	largeKey, large := keysizetest.Pair(t, 8200)
	for name, pair := range map[string][2]string{
		"no PEM":              {"canary", "canary"},
		"a key for a pair":    {key, key},
		"no key":              {certificate, certificate},
		"half a certificate":  {certificate[:len(certificate)/2], key},
		"another's key":       {certificate, curve},
		"an elliptical curve": {curved, curve},
		"a large key":         {string(large), string(largeKey)},
		"a key of two lines":  {certificate, "canary\ncanary"},
	} {
		_, err := New(messenger.Config{
			Secrets: messenger.Secrets{SecretCertificate: pair[0], SecretKey: pair[1]}, Settings: Descriptor().ExampleSettings(),
		})
		if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "BEGIN") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// One alone is no credential.
	for _, secrets := range []messenger.Secrets{{SecretCertificate: certificate}, {SecretKey: key}, {}} {
		if _, err := New(messenger.Config{Secrets: secrets, Settings: Descriptor().ExampleSettings()}); err == nil {
			t.Errorf("New takes %d of two secrets", len(secrets))
		}
	}
}

// elliptical returns a certificate with a key that is not RSA.
func elliptical(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotAfter: messengertest.TeamsCertificates}
	der, err := x509.CreateCertificate(rand.Reader, form, form, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
}

// TestTheServiceURLIsOneOfTheConnector, and of less weight than an address of the operator.
func TestTheServiceURLIsOneOfTheConnector(t *testing.T) {
	build := func(service, address string) (*Teams, error) {
		settings := Descriptor().ExampleSettings()
		settings[settingService] = service
		return New(messenger.Config{Secrets: messenger.Secrets{SecretClient: "secret"}, Settings: settings, URL: address})
	}
	for _, bad := range []string{"http://smba.trafficmanager.net/teams", "https://evil.example/teams", "https://smba.trafficmanager.net/teams?canary", "canary"} {
		if _, err := build(bad, ""); err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "evil") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	bot, err := build("https://smba.infra.gov.teams.microsoft.us/teams/", "")
	if err != nil || bot.cloud.login.Host != "login.microsoftonline.us" || bot.cloud.authority.Host != "login.microsoftonline.us" {
		t.Errorf("the cloud is %+v, %v", bot, err)
	}
	bot, err = build("https://smba.infra.gov.teams.microsoft.us/teams/", "https://gateway.example.com/teams")
	if err != nil || bot.bot.URL.Host != "gateway.example.com" {
		t.Errorf("the address is %v, %v", bot.bot.URL, err)
	}
}
