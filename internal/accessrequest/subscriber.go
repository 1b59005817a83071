package accessrequest

// Subscriber hears of changes in a view of access requests. Its methods return quickly.
type Subscriber interface {
	// Synced is called whenever the view has been compared with a full list: look at
	// every request again.
	Synced()
	// Changed is called when one request may have changed or gone.
	Changed(id string)
}
