// Package chart looks for values that break the Helm chart: that are rendered to something else
// than they say, or fail with an error of a template. It is a module of its own, so that the
// product does not depend on Helm.
package chart
