package main

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/test/observability"
)

// Sizes in pixels; a panel is drawn in a grid like Grafana's.
const (
	column, line, gap = 58, 34, 8
	title             = 30
	margin            = 60
	legendHeight      = 22
)

// palette is Grafana's for lines.
var palette = []string{"#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#ffa6b0"}

// named are the names of colors in thresholds.
var named = map[string]string{"green": "#299c46", "orange": "#e0752d", "red": "#d44a3a", "blue": "#3274d9", "yellow": "#f2cc0c", "purple": "#b877d9", "transparent": "none"}

// frame is the time that is shown.
type frame struct {
	start, end time.Time
}

// drawn is a panel with its data.
type drawn struct {
	observability.Panel
	series []series
	frame  frame
}

func (d drawn) width() float64  { return float64(d.GridPos.W*column - gap) }
func (d drawn) height() float64 { return float64(d.GridPos.H*line - gap) }

// Style places the panel.
func (d drawn) Style() template.CSS {
	at := d.GridPos
	return template.CSS(fmt.Sprintf("left:%dpx;top:%dpx;width:%.0fpx;height:%.0fpx",
		at.X*column, at.Y*line, d.width(), d.height()))
}

// Body is what is below the title.
func (d drawn) Body() (template.HTML, error) {
	if len(d.series) == 0 {
		return `<p class="empty">No data</p>`, nil
	}
	switch d.Type {
	case "stat":
		return d.stat(), nil
	case "timeseries":
		return d.timeseries(), nil
	case "heatmap":
		return d.heatmap(), nil
	case "state-timeline":
		return d.timeline(), nil
	case "table":
		return d.table(), nil
	default:
		return "", fmt.Errorf("%s: panels of type %s cannot be drawn", d.Title, d.Type)
	}
}

// color returns the color that a value has by the thresholds.
func (d drawn) color(value float64) string {
	color := "blue"
	for _, step := range d.FieldConfig.Defaults.Thresholds.Steps {
		if step.Value == nil || value >= *step.Value {
			color = step.Color
		}
	}
	return named[color]
}

// lineColor returns the color of a series, which may have one of its own.
func (d drawn) lineColor(i int) string {
	for _, override := range d.FieldConfig.Overrides {
		for _, property := range override.Properties {
			if color := named[property.Value.FixedColor]; color != "" && override.Matcher.Options == d.series[i].name {
				return color
			}
		}
	}
	return palette[i%len(palette)]
}

func (d drawn) format(value float64) string {
	switch d.FieldConfig.Defaults.Unit {
	case "s":
		return duration(value)
	case "percentunit":
		return strconv.FormatFloat(value*100, 'f', -1, 64) + "%"
	case "bytes":
		return strconv.FormatFloat(value/(1<<20), 'f', 0, 64) + " MiB"
	case "cpm":
		return number(value) + " c/m"
	default:
		return number(value)
	}
}

func number(value float64) string {
	return strconv.FormatFloat(math.Round(value*1000)/1000, 'g', 4, 64)
}

func duration(s float64) string {
	switch {
	case s == 0:
		return "0 s"
	case math.Abs(s) < 1:
		return number(s*1000) + " ms"
	case math.Abs(s) < 60:
		return strconv.FormatFloat(s, 'f', 1, 64) + " s"
	case math.Abs(s) < 3600:
		return strconv.FormatFloat(s/60, 'f', 1, 64) + " min"
	case math.Abs(s) < 2*86400:
		return strconv.FormatFloat(s/3600, 'f', 1, 64) + " h"
	default:
		return strconv.FormatFloat(s/86400, 'f', 1, 64) + " d"
	}
}

// x returns where a time is, between two edges.
func (f frame) x(at, left, right float64) float64 {
	start, end := float64(f.start.UnixMilli())/1000, float64(f.end.UnixMilli())/1000
	return left + (at-start)/(end-start)*(right-left)
}

// ticks returns full minutes.
func (f frame) ticks() []time.Time {
	var all []time.Time
	for at := f.start.Truncate(time.Minute).Add(time.Minute); at.Before(f.end); at = at.Add(time.Minute) {
		all = append(all, at)
	}
	return all
}

// canvas collects the parts of an SVG.
type canvas struct {
	strings.Builder
}

func (c *canvas) add(format string, args ...any) {
	fmt.Fprintf(c, format, args...)
}

func (c *canvas) text(x, y float64, anchor, text string) {
	c.add(`<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, x, y, anchor, template.HTMLEscapeString(text))
}

func (c *canvas) finish(width, height float64) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg width="%.0f" height="%.0f">%s</svg>`, width, height, c.String()))
}

func (d drawn) stat() template.HTML {
	s := d.series[0]
	return template.HTML(fmt.Sprintf(`<div class="value" style="background:%s">%s</div>`,
		d.color(s.last()), d.format(s.last())))
}

func (d drawn) table() template.HTML {
	slices.SortFunc(d.series, func(a, b series) int { return int(a.last() - b.last()) })
	var c canvas
	c.add("<table><tr><th>Namespace</th><th>Notifier</th><th>Time left</th></tr>")
	for _, s := range d.series {
		c.add(`<tr><td>%s</td><td>%s</td><td style="color:%s">%s</td></tr>`, template.HTMLEscapeString(s.labels["namespace"]),
			template.HTMLEscapeString(s.labels["name"]), d.color(s.last()), d.format(s.last()))
	}
	c.add("</table>")
	return template.HTML(c.String())
}
