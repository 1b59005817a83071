package pagerduty

import (
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// markup is how alerts set apart what people typed: between quotation marks, or in lines that
// begin like a quotation in mail. PagerDuty shows all of it as it is.
var markup = message.Markup{
	Count: message.CountRunes,
	Words: unquoted, Code: quoted, Text: func(part string) string { return part },
	Link:  func(address string) string { return address },
	Quote: "> ", Separator: ", ", LongSeparator: "\n",
	Time:    func(_ time.Time, words string) string { return words },
	Command: func(command string) string { return command },
	Page:    func(address string) string { return address },
}

// marks are the quotation marks, and what stands for those that people typed.
var marks = strings.NewReplacer("“", `"`, "”", `"`)

func unquoted(line string) string { return marks.Replace(line) }

func quoted(line string) string { return "“" + marks.Replace(line) + "”" }
