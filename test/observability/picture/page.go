package main

import (
	"html/template"
	"io"
)

// page is the dashboard.
type page struct {
	Title  string
	Panels []drawn
}

// Height is that of all panels, in pixels.
func (p page) Height() int {
	var most int
	for _, panel := range p.Panels {
		most = max(most, panel.GridPos.Y+panel.GridPos.H)
	}
	return most * line
}

func (p page) write(to io.Writer) error {
	return layout.Execute(to, p)
}

var layout = template.Must(template.New("page").Parse(`<!doctype html>
<meta charset="utf-8">
<title>{{.Title}}</title>
<style>
body { margin: 0; padding: 12px 16px; background: #f4f5f5; color: #24292e; font: 13px/1.4 Inter, "Liberation Sans", sans-serif; }
h1 { font-size: 18px; font-weight: 500; margin: 0 0 12px; }
main { position: relative; height: {{.Height}}px; }
section { position: absolute; background: #fff; border: 1px solid #dcdfe3; border-radius: 3px; box-sizing: border-box; overflow: hidden; }
section.row { background: none; border: 0; }
h2 { font-size: 14px; font-weight: 500; margin: 0; padding: 5px 10px; height: 20px; }
.row h2 { padding: 2px 0; }
.value { position: absolute; inset: 30px 6px 6px; border-radius: 3px; color: #fff; font-size: 40px; display: grid; place-items: center; }
.empty { text-align: center; color: #73767a; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; padding: 6px 12px; border-top: 1px solid #e9ebee; font-weight: 400; }
th { color: #1f60c4; }
svg text { font-size: 11px; fill: #55595f; }
.grid { stroke: #e6e8eb; }
</style>
<h1>{{.Title}}</h1>
<main>
{{- range .Panels}}
<section class="{{.Type}}" style="{{.Style}}"><h2>{{.Title}}</h2>{{if ne .Type "row"}}{{.Body}}{{end}}</section>
{{- end}}
</main>
`))
