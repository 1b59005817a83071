package main

import (
	"html/template"
	"math"
	"slices"
	"strconv"
)

// plot is the part of a panel in which values are drawn.
type plot struct {
	left, right, top, bottom float64
	highest                  float64
}

func (d drawn) plot(highest float64) plot {
	return plot{left: margin, right: d.width() - 12, top: 6, bottom: d.height() - title - legendHeight - 22, highest: highest}
}

func (p plot) y(value float64) float64 {
	return p.bottom - value/p.highest*(p.bottom-p.top)
}

// axes draws the grid with times below.
func (d drawn) axes(c *canvas, p plot) {
	for _, at := range d.frame.ticks() {
		x := d.frame.x(float64(at.Unix()), p.left, p.right)
		c.add(`<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, x, x, p.top, p.bottom)
		c.text(x, p.bottom+16, "middle", at.UTC().Format("15:04"))
	}
}

func (d drawn) timeseries() template.HTML {
	var c canvas
	shown := d.series
	stacked := d.FieldConfig.Defaults.Custom.Stacking.Mode == "normal"
	if stacked {
		shown = stack(d.series)
	}
	p := d.plot(top(shown))
	for i := range 5 {
		value := p.highest * float64(i) / 4
		c.add(`<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, p.left, p.right, p.y(value), p.y(value))
		c.text(p.left-6, p.y(value)+4, "end", d.format(value))
	}
	d.axes(&c, p)
	// The highest of a stack is drawn first, and covered by those below it.
	for i, s := range slices.Backward(shown) {
		var path canvas
		for j, point := range s.points {
			path.add("%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[j == 0 || point.at-s.points[j-1].at > 30],
				d.frame.x(point.at, p.left, p.right), p.y(point.value))
		}
		color := d.lineColor(i)
		if stacked {
			first, last := s.points[0].at, s.points[len(s.points)-1].at
			c.add(`<path fill="%s" d="%sL%.1f %.1fL%.1f %.1fZ"/>`, color, path.String(),
				d.frame.x(last, p.left, p.right), p.bottom, d.frame.x(first, p.left, p.right), p.bottom)
		} else {
			c.add(`<path fill="none" stroke="%s" stroke-width="1.5" d="%s"/>`, color, path.String())
		}
	}
	d.legend(&c)
	return c.finish(d.width(), d.height()-title)
}

// legend names the series.
func (d drawn) legend(c *canvas) {
	x := float64(12)
	y := d.height() - title - 10
	for i, s := range d.series {
		if x+20+6.2*float64(len(s.name)) > d.width() {
			c.text(x, y, "start", "…")
			return
		}
		c.add(`<rect x="%.1f" y="%.1f" width="14" height="4" fill="%s"/>`, x, y-5, d.lineColor(i))
		c.text(x+20, y, "start", s.name)
		x += 36 + 6.2*float64(len(s.name))
	}
}

// stack adds each series to the one before it, at the times of any.
func stack(all []series) []series {
	sums := map[float64]float64{}
	var times []float64
	for _, s := range all {
		for _, p := range s.points {
			if _, ok := sums[p.at]; !ok {
				sums[p.at] = 0
				times = append(times, p.at)
			}
		}
	}
	slices.Sort(times)
	var stacked []series
	for _, s := range all {
		values := map[float64]float64{}
		for _, p := range s.points {
			values[p.at] = p.value
		}
		on := series{name: s.name}
		for _, at := range times {
			sums[at] += values[at]
			on.points = append(on.points, point{at, sums[at]})
		}
		stacked = append(stacked, on)
	}
	return stacked
}

// top returns the upper end of an axis: the next of a few multiples of a
// power of ten.
func top(all []series) float64 {
	var most float64
	for _, s := range all {
		for _, p := range s.points {
			most = max(most, p.value)
		}
	}
	if most == 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(most)))
	for _, factor := range []float64{1, 1.5, 2, 3, 4, 6, 8} {
		if most <= factor*power {
			return factor * power
		}
	}
	return 10 * power
}

func (d drawn) timeline() template.HTML {
	var c canvas
	p := d.plot(1)
	p.left = 150
	d.axes(&c, p)
	each := (p.bottom - p.top) / float64(len(d.series))
	for i, s := range d.series {
		y := p.top + each*float64(i)
		c.text(p.left-8, y+each/2+4, "end", s.name)
		for j, point := range s.points {
			end := p.right
			if j+1 < len(s.points) {
				end = d.frame.x(s.points[j+1].at, p.left, p.right)
			}
			from := d.frame.x(point.at, p.left, p.right)
			c.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, from, y+each*.1, end-from+1, each*.8, d.color(point.value))
		}
	}
	return c.finish(d.width(), d.height()-title)
}

// heatmap draws how much is in each bucket alone; buckets hold those below them,
// too.
func (d drawn) heatmap() template.HTML {
	buckets := slices.Clone(d.series)
	slices.SortFunc(buckets, func(a, b series) int { return int(math.Copysign(1, bound(a)-bound(b))) })
	var most float64
	below := map[float64]float64{}
	for i := range buckets {
		points := slices.Clone(buckets[i].points)
		for j, p := range points {
			points[j].value, below[p.at] = p.value-below[p.at], p.value
			most = max(most, points[j].value)
		}
		buckets[i].points = points
	}
	buckets = slices.DeleteFunc(buckets, func(s series) bool { return bound(s) < .02 || bound(s) > 60 })
	var c canvas
	p := d.plot(1)
	p.bottom += legendHeight
	d.axes(&c, p)
	each := (p.bottom - p.top) / float64(len(buckets))
	width := (p.right - p.left) / 180
	for i, s := range buckets {
		y := p.bottom - each*float64(i+1)
		c.text(p.left-6, y+each/2+4, "end", duration(bound(s)))
		for _, point := range s.points {
			if point.value > 0 {
				c.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#5794f2" fill-opacity="%.2f"/>`,
					d.frame.x(point.at, p.left, p.right), y+.5, width, each-1, .15+.85*point.value/most)
			}
		}
	}
	return c.finish(d.width(), d.height()-title)
}

// bound is the upper end of a bucket.
func bound(s series) float64 {
	value, err := strconv.ParseFloat(s.labels["le"], 64)
	if err != nil {
		return math.Inf(1)
	}
	return value
}
