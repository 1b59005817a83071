package dispatch

// Addresses returns how many addresses are remembered.
func Addresses(d *Dispatcher) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.addresses)
}

// Spoil has the next alarm of an address find what cannot be.
func Spoil(d *Dispatcher) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.addresses {
		a.lines[Normal][Post].waiting.Push("spoiled", nil)
	}
}
