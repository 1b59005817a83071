package webhook

// limits are how much of each part an event holds, in characters and items.
type limits struct {
	// text bounds what people type over several lines, line all else.
	text, line int
	// items is how many items of a list there are, values how many values of each limit,
	// reviews and extra how many of these.
	items, values, reviews, extra int
}

// maxBody bounds an event in bytes. Receivers take more; what queues them may not.
const maxBody = 64 << 10

// sizes are tried one after the other until an event fits. The first has room for all that
// Teleport takes as a reason, and for every event that a person reads.
var sizes = []limits{
	{text: 4096, line: 1024, items: 50, values: 20, reviews: 20, extra: 20},
	{text: 1024, line: 256, items: 20, values: 5, reviews: 10, extra: 10},
	{text: 512, line: 128, items: 10, values: 3, reviews: 5, extra: 6},
	{text: 256, line: 64, items: 3, values: 2, reviews: 3, extra: 3},
}
