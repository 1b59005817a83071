package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/internal/review/listen"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// reviewOptions say where chat services report which buttons were pressed. Slack needs none of
// it: clicks come over a connection that is opened from here.
type reviewOptions struct {
	bindAddress string
	url         string
	certDir     string
}

func (o *reviewOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.bindAddress, "review-bind-address", "0", "Address that listens for clicks, which Discord and Mattermost report by HTTP, 0 to listen at none")
	flags.StringVar(&o.url, "review-url", "", "URL by which these services reach that address, such as https://access.example.com; the path of each notifier is added to its own")
	flags.StringVar(&o.certDir, "review-cert-dir", "", "Directory with the certificate of that address, tls.crt and tls.key, which is read again when it changes; default none, for plain HTTP behind what ends TLS")
}

// listens reports whether anything listens for clicks.
func (o *reviewOptions) listens() bool { return o.bindAddress != "" && o.bindAddress != "0" }

// check returns what is wrong with the flags.
func (o *reviewOptions) check() error {
	switch {
	case !o.listens() && o.url != "":
		return errors.New("--review-url is set, and nothing listens there: set --review-bind-address too")
	case !o.listens() && o.certDir != "":
		return errors.New("--review-cert-dir is set, and nothing has the certificate: set --review-bind-address too")
	case !o.listens():
		return nil
	case o.url == "":
		return errors.New("--review-bind-address is set, and chat services do not know where that is: set --review-url too")
	}
	if _, _, err := net.SplitHostPort(o.bindAddress); err != nil {
		return fmt.Errorf("reading --review-bind-address: %w", err)
	}
	if err := checkReviewURL(o.url); err != nil {
		return fmt.Errorf("--review-url %w", err)
	}
	return nil
}

// checkReviewURL returns why no chat service should be told to call a URL. That clicks go
// without TLS is for trials on one machine only.
func checkReviewURL(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return errors.New("is no URL")
	}
	switch {
	case u.Hostname() == "" || u.Opaque != "":
		return errors.New("names no host: write it as https://access.example.com")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return errors.New("must have no user, query and fragment: write it as https://access.example.com")
	case u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	default:
		return errors.New("must begin with https://: clicks decide on access")
	}
}

// door returns what listens for clicks, and hands them to the notifiers.
func (o *reviewOptions) door(notifiers *supervisor.Supervisor, log logr.Logger) (*listen.Server, error) {
	return listen.New(listen.Options{
		Address: o.bindAddress, CertDir: o.certDir, Find: notifiers.Receive, Log: log.WithName("review"),
	})
}

// listenWhile listens for clicks, if it should, while run runs.
func (o *reviewOptions) listenWhile(ctx context.Context, notifiers *supervisor.Supervisor, log logr.Logger, run func(context.Context) error) error {
	if !o.listens() {
		return run(ctx)
	}
	door, err := o.door(notifiers, log)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer cancel()
		return run(ctx)
	})
	group.Go(func() error { return door.Run(ctx) })
	return group.Wait()
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
