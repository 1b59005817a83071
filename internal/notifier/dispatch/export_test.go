package dispatch

// Addresses returns how many addresses are remembered.
func Addresses(d *Dispatcher) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.addresses)
}
