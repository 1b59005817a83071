// Command picture draws config/grafana/dashboard.json as a web page without
// scripts, from what a Prometheus answers to its queries. It is for the picture in
// docs/metrics.md: it shows the panels, their places and their data as Grafana
// would, in a plainer style.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/accessnotifier/accessnotifier/test/observability"
)

func main() {
	file := flag.String("dashboard", "config/grafana/dashboard.json", "`file` with the dashboard")
	address := flag.String("prometheus", "http://127.0.0.1:9090", "`address` of Prometheus")
	length := flag.Duration("length", 6*time.Minute, "how much time to show, up to now")
	window := flag.String("window", "20s", "window of rates, as Prometheus writes it")
	flag.Parse()
	if err := run(context.Background(), *file, *address, *length, *window); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

// run writes the page to the standard output.
func run(ctx context.Context, file, address string, length time.Duration, window string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	dashboard, err := observability.ReadDashboard(content)
	if err != nil {
		return err
	}
	end := time.Now()
	source := prometheus{address: address, start: end.Add(-length), end: end, step: length / 180}
	page := page{Title: dashboard.Title}
	for _, panel := range dashboard.Panels {
		drawn := drawn{Panel: panel}
		for _, target := range panel.Targets {
			found, err := source.query(ctx, observability.Fill(target.Expr, window), target.LegendFormat)
			if err != nil {
				return fmt.Errorf("%s: %w", panel.Title, err)
			}
			drawn.series = append(drawn.series, found...)
		}
		drawn.frame = frame{start: source.start, end: source.end}
		page.Panels = append(page.Panels, drawn)
	}
	return page.write(os.Stdout)
}
