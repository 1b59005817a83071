package directory

// Entries returns how many recipients are remembered.
func Entries(d *Directory) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.entries)
}
