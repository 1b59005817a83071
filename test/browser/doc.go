// Package browser tests the page of the demo in a real browser, which test/browser/run.sh
// starts with a running demo: with axe for what keeps people from using it, at the widths
// of a phone, a tablet and a desk, in light and in dark.
package browser
