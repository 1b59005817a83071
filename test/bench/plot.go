package main

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The plots, in pixels.
const (
	plotWidth, plotHeight = 640, 360
	plotLeft, plotRight   = 60, 150
	plotTop, plotBottom   = 40, 50
)

// inks are the colours of lines, which are told apart in a light and in a dark theme.
var inks = []string{"#2f7ed8", "#d9822b"}

// drawPlots draws memory and time against size, of all that was measured at several sizes.
func drawPlots(dir string, measured map[string][]point) error {
	megabytesOf := func(p point) float64 { return megabytes(p.memory.private) }
	secondsOf := func(p point) float64 { return p.took.Seconds() }
	for _, plot := range []struct {
		file, title string
		of          func(point) float64
	}{
		{"bench-memory.svg", "Private memory in MB, against how many", megabytesOf},
		{"bench-time.svg", "Seconds from the start until all are known, against how many", secondsOf},
	} {
		if err := os.WriteFile(filepath.Join(dir, plot.file), []byte(draw(plot.title, measured, plot.of)), 0o600); err != nil {
			return fmt.Errorf("drawing a plot: %w", err)
		}
	}
	return nil
}

// draw returns a plot with a line for each name. Sizes grow by their logarithm; none at all
// has no place on such an axis.
func draw(title string, measured map[string][]point, of func(point) float64) string {
	high, most := 0.0, 1
	for _, points := range measured {
		for _, p := range points {
			high, most = max(high, of(p)), max(most, p.size)
		}
	}
	x := func(size int) float64 {
		return plotLeft + math.Log10(float64(size))/math.Ceil(math.Log10(float64(most)))*(plotWidth-plotLeft-plotRight)
	}
	y := func(value float64) float64 {
		return plotHeight - plotBottom - value/high*(plotHeight-plotTop-plotBottom)
	}
	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n",
		plotWidth, plotHeight)
	fmt.Fprintf(&svg, `<rect width="100%%" height="100%%" fill="#fff"/><text x="%d" y="24" font-size="14">%s</text>`+"\n", plotLeft, title)
	for part := range 5 {
		value := high * float64(part) / 4
		fmt.Fprintf(&svg, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%.3g</text>`+"\n",
			plotLeft, y(value), plotWidth-plotRight, plotLeft-8, y(value)+4, value)
	}
	for size := 1; size <= most; size *= 10 {
		fmt.Fprintf(&svg, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x(size), plotHeight-plotBottom+20, size)
	}
	for i, name := range slices.Sorted(maps.Keys(measured)) {
		drawLine(&svg, name, inks[i%len(inks)], measured[name], x, func(p point) float64 { return y(of(p)) })
	}
	svg.WriteString("</svg>\n")
	return svg.String()
}

// drawLine adds a line through points, with its name at the last of them.
func drawLine(svg *strings.Builder, name, ink string, points []point, x func(size int) float64, y func(point) float64) {
	var path strings.Builder
	verb, last := "M", point{}
	for _, p := range points {
		if p.size == 0 {
			continue
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", verb, x(p.size), y(p))
		fmt.Fprintf(svg, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x(p.size), y(p), ink)
		verb, last = "L", p
	}
	if last.size > 0 {
		fmt.Fprintf(svg, `<path d="%s" fill="none" stroke="%s" stroke-width="2"/><text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n",
			path.String(), ink, x(last.size)+8, y(last)+4, ink, name)
	}
}
