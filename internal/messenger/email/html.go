package email

import (
	"cmp"
	"html"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// The fonts, by what each system calls them. Nothing is loaded.
const (
	sans = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
	mono = "ui-monospace,Consolas,Menlo,monospace"
)

// document is the HTML part. Styles stand in the elements, since Gmail drops others; tables
// hold things side by side, since Outlook knows nothing else; and neither text nor ground has a
// colour, so that a dark client chooses both.
func document(m message.Message, title, inside string) string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html>` + "\n" + `<html lang="` + escaped(string(cmp.Or(m.Language, message.English))) + `"><head><meta charset="utf-8">` +
		`<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><title>`)
	b.WriteString(escaped(title))
	b.WriteString("</title></head>\n" + `<body style="margin:0;padding:16px;font-family:` + sans + `;font-size:15px;line-height:1.45">` + "\n" +
		`<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr><td style="border-left:4px solid ` + colour(m.State) +
		`;padding:2px 0 2px 14px">` + "\n")
	b.WriteString(inside)
	b.WriteString("</td></tr></table>\n</body></html>\n")
	return b.String()
}

// body is what stands in it.
func body(l message.Layout, follows bool) string {
	parts := []string{`<p style="margin:0 0 10px;font-size:17px;font-weight:bold">` + l.Emoji + " " + l.Labelled(l.Title, l.Status) + "</p>"}
	rows := factRows(l) + moreRow(l, follows)
	if follows {
		// What is new comes first.
		rows = decisionRows(l) + rows
	} else {
		rows += decisionRows(l)
	}
	if rows != "" {
		parts = append(parts, `<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="font-size:15px;line-height:1.45">`+rows+"</table>")
	}
	if l.Address != "" {
		parts = append(parts, paragraph(link(l)))
	}
	if l.Commands != "" {
		parts = append(parts, paragraph(l.Heading(l.Word(message.LabelCommands))+"<br>\n"+lineBreaks(l.Commands)))
	}
	if l.Request != "" {
		parts = append(parts, `<p style="margin:12px 0 0;font-size:13px">`+escaped(l.Request)+"</p>")
	}
	return strings.Join(parts, "\n") + "\n"
}

func moreRow(l message.Layout, follows bool) string {
	if follows || l.More == "" {
		return ""
	}
	return row("", l.More)
}

// decisionRows say what became of the request.
func decisionRows(l message.Layout) (rows string) {
	if l.StatusReason.Text != "" {
		rows += row(l.Word(message.LabelStatusReason), lineBreaks(l.StatusReason.Text))
	}
	if l.Reviews != "" {
		rows += row(l.Word(message.LabelReviews), lineBreaks(l.Reviews))
	}
	return rows
}

func factRows(l message.Layout) string {
	var b strings.Builder
	for _, fact := range l.Facts {
		b.WriteString(row(fact.Label, lineBreaks(fact.Text)))
	}
	return b.String()
}

func row(label, value string) string {
	return `<tr><td style="padding:2px 14px 2px 0;vertical-align:top;font-weight:bold">` + label +
		`</td><td style="padding:2px 0;vertical-align:top">` + value + "</td></tr>\n"
}

func paragraph(inside string) string { return `<p style="margin:12px 0 0">` + inside + "</p>" }

// link is a button, with the address that it leads to.
func link(l message.Layout) string {
	address := html.EscapeString(l.Address)
	return `<a href="` + address + `" style="display:inline-block;padding:7px 14px;border:1px solid;border-radius:4px;font-weight:bold;text-decoration:none">` +
		escaped(l.LinkLabel) + `</a><br>` + "\n" + `<span style="font-size:13px">` + address + "</span>"
}

func lineBreaks(s string) string { return strings.ReplaceAll(s, "\n", "<br>\n") }

// colour marks the edge by the state. Each can be seen on white and on black.
func colour(state accessrequest.State) string {
	switch state {
	case accessrequest.Pending:
		return "#bf8700"
	case accessrequest.Approved, accessrequest.Promoted:
		return "#2da44e"
	case accessrequest.Denied:
		return "#cf222e"
	default:
		return "#8c959f"
	}
}
