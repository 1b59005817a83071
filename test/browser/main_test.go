package browser

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	// startWithin bounds the start of the demo, which has an API server.
	startWithin = 2 * time.Minute
	// showWithin bounds how long a page may take for what it shall show.
	showWithin = 20 * time.Second
)

var (
	// demo is the address of the page.
	demo string
	// chromium holds the browser that all tabs are in.
	chromium context.Context
)

func TestMain(m *testing.M) {
	flag.Parse()
	status, err := withDemo(func() (int, error) { return withChromium(m.Run) })
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// withDemo runs something while there is a demo, and returns its exit status.
func withDemo(run func() (int, error)) (status int, err error) {
	process := exec.Command(filepath.Join("dist", "demo", "demo"), "-operator", filepath.Join("dist", "demo", "access-notifier"))
	process.Dir, process.Stderr = filepath.Join("..", ".."), os.Stderr
	out, err := process.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := process.Start(); err != nil {
		return 0, fmt.Errorf("starting the demo: %w", err)
	}
	address := make(chan string, 1)
	ended := make(chan string, 1)
	go func() { ended <- read(out, address) }()
	select {
	case demo = <-address:
		status, err = run()
	case said := <-ended:
		return 0, errors.Join(fmt.Errorf("the demo ended before it had a page:\n%s", said), process.Wait())
	case <-time.After(startWithin):
		err = fmt.Errorf("the demo has no page after %v", startWithin)
	}
	// One that has ended takes no signal, which Wait says better.
	_ = process.Process.Signal(os.Interrupt)
	<-ended
	return status, errors.Join(err, process.Wait())
}

// read reads what the demo prints up to the end, passes the page's address on, and returns
// all of it.
func read(out io.Reader, address chan<- string) string {
	var said strings.Builder
	link := regexp.MustCompile(`Open (http://127\.0\.0\.1:\d+)/`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if match := link.FindStringSubmatch(lines.Text()); match != nil {
			address <- match[1]
		}
	}
	return said.String()
}

// withChromium runs something while there is a browser, and returns its exit status.
func withChromium(run func() int) (status int, err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(os.Getenv("CHROMIUM")),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	chromium, stop = chromedp.NewContext(ctx)
	defer stop()
	if err := chromedp.Do(chromium); err != nil {
		return 0, fmt.Errorf("starting Chromium: %w", err)
	}
	return run(), nil
}

// open opens a page in a tab of its own, and waits until it shows a message.
func open(t *testing.T, path string, width, height int64) context.Context {
	t.Helper()
	ctx, stop := chromedp.NewContext(chromium)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	do(ctx, t, chromedp.EmulateViewport(width, height, chromedp.EmulateScale(2)))
	do(ctx, t, chromedp.Navigate(demo+path))
	await(ctx, t, `document.querySelector(".message") !== null`)
	return ctx
}

// do does something in a tab, and returns what comes of it.
func do[T any](ctx context.Context, t *testing.T, action chromedp.Action[T]) T {
	t.Helper()
	ctx, stop := context.WithTimeoutCause(ctx, showWithin, fmt.Errorf("not done within %v", showWithin))
	defer stop()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// press clicks on what a selector finds, in one step: a list that is drawn anew in between has
// other nodes.
func press(ctx context.Context, t *testing.T, selector string) {
	t.Helper()
	await(ctx, t, fmt.Sprintf(`document.querySelector(%q) !== null`, selector))
	do(ctx, t, chromedp.Evaluate[bool](fmt.Sprintf(`(document.querySelector(%q).click(), true)`, selector)))
}

// await waits until an expression is true in the page.
func await(ctx context.Context, t *testing.T, expression string) {
	t.Helper()
	do(ctx, t, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(showWithin)))
}

// run runs a script in the page.
func run(ctx context.Context, t *testing.T, script string) {
	t.Helper()
	do(ctx, t, chromedp.Evaluate[chromedp.Void](script))
}
