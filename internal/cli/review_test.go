package cli

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestReviewFlags(t *testing.T) {
	const on = "--review-bind-address=:8090"
	for flags, want := range map[string]string{
		"":                        "",
		"--review-bind-address=0": "",
		on + " --review-url=https://access.example.com":                      "",
		on + " --review-url=https://example.com:8443/access/":                "",
		on + " --review-url=http://127.0.0.1:8090 --review-cert-dir=/tls":    "",
		on + " --review-url=http://[::1]:8090":                               "",
		on:                                                                   "set --review-url too",
		"--review-url=https://access.example.com":                            "set --review-bind-address too",
		"--review-cert-dir=/tls":                                             "set --review-bind-address too",
		"--review-bind-address=8090 --review-url=https://access.example.com": "reading --review-bind-address",
		on + " --review-url=http://access.example.com":                       "must begin with https://",
		on + " --review-url=http://127.0.0.1.example.com":                    "must begin with https://",
		on + " --review-url=ftp://localhost":                                 "must begin with https://",
		on + " --review-url=access.example.com":                              "names no host",
		on + " --review-url=https:///x":                                      "names no host",
		on + " --review-url=https:access.example.com":                        "names no host",
		on + " --review-url=https://u:hunter2@access.example.com":            "no user",
		on + " --review-url=https://access.example.com?a=b":                  "no user",
		on + " --review-url=https://access.example.com#":                     "no user",
		on + " --review-url=https://access%zz":                               "is no URL",
	} {
		var o reviewOptions
		set := pflag.NewFlagSet("manager", pflag.ContinueOnError)
		o.addFlags(set)
		if err := set.Parse(strings.Fields(flags)); err != nil {
			t.Fatal(err)
		}
		err := o.check()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%q: %v, want %q", flags, err, want)
		}
		if o.listens() != strings.Contains(flags, "--review-bind-address") && !strings.Contains(flags, "address=0") {
			t.Errorf("%q: listens() = %t", flags, o.listens())
		}
	}
}
