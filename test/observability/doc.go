// Package observability checks what people see of the operator: that its metrics
// follow the conventions and are documented, and that the alerts and the
// dashboard ask only for what exists. What Prometheus makes of the alerts is in
// the package rules.
package observability
