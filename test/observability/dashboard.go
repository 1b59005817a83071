package observability

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Dashboard is what the checks need of a Grafana dashboard.
type Dashboard struct {
	UID        string
	Title      string
	Panels     []Panel
	Templating struct {
		List []Variable
	}
}

// Panel is a part of a dashboard.
type Panel struct {
	ID          int
	Type        string
	Title       string
	Description string
	Datasource  Datasource
	GridPos     Position
	Targets     []Target
	Panels      []Panel
	FieldConfig struct {
		Defaults struct {
			Unit       string
			Thresholds struct {
				Steps []Threshold
			}
			Custom struct {
				Stacking struct {
					Mode string
				}
			}
		}
		Overrides []Override
	}
}

// Override is what one series has that others have not.
type Override struct {
	Matcher struct {
		Options string
	}
	Properties []struct {
		ID    string
		Value struct {
			FixedColor string
		}
	}
}

// Threshold gives values from Value on a color; the first step has no Value.
type Threshold struct {
	Color string
	Value *float64
}

// Position is where a panel is, in a grid of 24 columns.
type Position struct {
	X, Y, W, H int
}

// Target is a query of a panel.
type Target struct {
	RefID        string
	Expr         string
	LegendFormat string
	Datasource   Datasource
}

// Datasource is where Grafana sends queries to.
type Datasource struct {
	Type, UID string
}

// Variable is what the reader of a dashboard can choose.
type Variable struct {
	Name       string
	Type       string
	Definition string
	Datasource Datasource
}

// ReadDashboard reads a dashboard.
func ReadDashboard(content []byte) (*Dashboard, error) {
	var d Dashboard
	if err := json.Unmarshal(content, &d); err != nil {
		return nil, fmt.Errorf("reading the dashboard: %w", err)
	}
	return &d, nil
}

// Expressions returns the queries as Prometheus gets them when a reader looks at
// everything, and those that list what the reader can choose.
func (d *Dashboard) Expressions() []string {
	var all []string
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			all = append(all, Fill(target.Expr, "5m"))
		}
	}
	for _, variable := range d.Templating.List {
		if values, ok := strings.CutPrefix(variable.Definition, "label_values("); ok {
			selector, label, _ := cutLast(strings.TrimSuffix(values, ")"), ",")
			all = append(all, "group by ("+strings.TrimSpace(label)+") ("+Fill(selector, "5m")+")")
		}
	}
	return all
}

// Fill puts values in the place of variables, such that everything is chosen, and
// rates are those of a window such as "5m".
func Fill(expression, window string) string {
	return strings.NewReplacer("$__rate_interval", window, "$namespace", ".*", "$notifier", ".*").Replace(expression)
}

func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}
