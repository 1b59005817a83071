package plan

import (
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

var (
	now     = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	pending = record.Mark{State: accessrequest.Pending}
	decided = record.Mark{State: accessrequest.Approved}
)

// view is a recipient that should be told about a pending request, and was not.
func view(change ...func(*View)) View {
	v := View{
		Now:      now,
		Waits:    Waits{Settle: 12 * time.Second, Land: 10 * time.Second, Foreign: 30 * time.Second},
		Can:      CanEdit | CanFind | CanReply,
		Writer:   "me",
		Request:  Request{Known: true, Digest: "new", Mark: pending, Replies: 1},
		Record:   record.Record{Mark: pending},
		Recorded: true,
		Memory:   Memory{Named: Surely},
	}
	for _, c := range change {
		c(&v)
	}
	return v
}

func claim(what record.What, by string) *record.Claim {
	return &record.Claim{What: what, By: by, Gen: 1}
}

func making(what record.What, by string, seen time.Duration) func(*View) {
	return func(v *View) { v.Entry.Make, v.Sights.Make = claim(what, by), now.Add(-seen) }
}

func editing(by string, seen time.Duration) func(*View) {
	return func(v *View) { v.Entry.Edit, v.Sights.Edit = claim(record.Edit, by), now.Add(-seen) }
}

func gaveUp(ago time.Duration) func(*View) {
	return func(v *View) { v.Memory.GaveUp = now.Add(-ago) }
}

func blind(v *View)     { v.Can &^= CanFind }
func unedited(v *View)  { v.Can &^= CanEdit | CanReply }
func unwanted(v *View)  { v.Memory.Named = Unnamed }
func announced(v *View) { v.Request.Announced = true }
func behind(v *View)    { v.Request.Behind = true }
func resolved(v *View)  { v.Request.Mark = decided }

func shows(digest string, replies int) func(*View) {
	return func(v *View) {
		v.Entry.Ref, v.Entry.Shown, v.Entry.Replies, v.Request.Announced = "c/1", digest, replies, true
	}
}

func end(e End) func(*View) { return func(v *View) { v.Memory.End = e } }

// TestNext walks through the table of the package's documentation.
func TestNext(t *testing.T) {
	for name, tt := range map[string]struct {
		view   View
		action Action
		reason Reason
		in     time.Duration
	}{
		"nothing known":                 {view: view(func(v *View) { v.Request.Known = false }), action: None, reason: AwaitingEvent},
		"nothing, pending":              {view: view(), action: Post, reason: FirstMessage},
		"nothing, decided":              {view: view(resolved), action: None, reason: NeverAnnounced},
		"nothing, decided, others told": {view: view(resolved, announced), action: Post, reason: FirstMessage},
		"nothing, not wanted":           {view: view(unwanted), action: None, reason: RecipientRemoved},
		"nothing, view is behind":       {view: view(behind), action: None, reason: AwaitingEvent},
		"nothing, could not be told":    {view: view(resolved, announced, end(Untold)), action: None, reason: NeverAnnounced},
		"damaged, not recorded": {view: view(func(v *View) { v.Record.Status, v.Recorded = record.Damaged, false }),
			action: Find, reason: RecordDamaged},

		"own claim, pending":          {view: view(making(record.Post, "me", 0)), action: Post, reason: FirstMessage},
		"own claim, decided":          {view: view(making(record.Post, "me", 0), resolved), action: Withdraw, reason: NeverAnnounced},
		"own claim, decided, in call": {view: view(making(record.Post, "me", 0), resolved, func(v *View) { v.Busy = true }), action: None, reason: NeverAnnounced},
		"own claim, not wanted":       {view: view(making(record.Post, "me", 0), unwanted), action: Withdraw, reason: RecipientRemoved},
		"own unclear":                 {view: view(making(record.Post, "me", 0), gaveUp(0)), action: Wait, reason: AwaitingSettlement, in: 12 * time.Second},
		"own unclear, decided":        {view: view(making(record.Post, "me", 0), gaveUp(11*time.Second), resolved), action: Wait, reason: AwaitingSettlement, in: time.Second},
		"own unclear, over":           {view: view(making(record.Post, "me", 0), gaveUp(12*time.Second)), action: Find, reason: OutcomeUnknown},
		"own unclear, blind":          {view: view(making(record.Post, "me", 0), gaveUp(0), blind), action: Post, reason: OutcomeUnknown},
		"own unclear, blind, decided": {view: view(making(record.Post, "me", 0), gaveUp(0), blind, resolved), action: Post, reason: OutcomeUnknown},

		"their claim":              {view: view(making(record.Post, "them", 0)), action: Wait, reason: ClaimedByOther, in: 30 * time.Second},
		"their claim, decided":     {view: view(making(record.Post, "them", 29*time.Second), resolved), action: Wait, reason: ClaimedByOther, in: time.Second},
		"their claim, S over":      {view: view(making(record.Post, "them", 30*time.Second)), action: Find, reason: OutcomeUnknown},
		"their claim, not wanted":  {view: view(making(record.Post, "them", 30*time.Second), unwanted), action: Find, reason: OutcomeUnknown},
		"their claim, S over, end": {view: view(making(record.Post, "them", 30*time.Second), resolved), action: Find, reason: OutcomeUnknown},

		"shows the state":         {view: view(shows("new", 1)), action: None, reason: UpToDate},
		"shows another":           {view: view(shows("old", 0)), action: Edit, reason: StateChanged},
		"shows another, behind":   {view: view(shows("old", 0), behind), action: None, reason: AwaitingEvent},
		"shows another, unwanted": {view: view(shows("old", 0), unwanted), action: Edit, reason: StateChanged},
		"gone":                    {view: view(shows("old", 0), end(Gone)), action: None, reason: MessageGone},
		"gone, own claim":         {view: view(shows("old", 0), end(Gone), editing("me", 0)), action: Withdraw, reason: MessageGone},
		"closed":                  {view: view(shows("", 0), func(v *View) { v.Record.Status = record.Closed }), action: None, reason: UpToDate},
		"closed, other state":     {view: view(shows("", 0), resolved, func(v *View) { v.Record.Status = record.Closed }), action: Edit, reason: StateChanged},

		"own edit claim": {view: view(shows("new", 1), editing("me", 0)), action: Edit, reason: StateChanged},
		"own edit unclear": {view: view(shows("old", 1), editing("me", 0), func(v *View) {
			v.Memory.Tried, v.Memory.Landing = "new", now.Add(9*time.Second)
		}), action: Wait, reason: AwaitingSettlement, in: 9 * time.Second},
		"own edit unclear, changed since": {view: view(shows("old", 1), editing("me", 0), func(v *View) {
			v.Memory.Tried, v.Memory.Landing = "older", now.Add(9*time.Second)
		}), action: Edit, reason: StateChanged},
		"own edit unclear, over": {view: view(shows("old", 1), editing("me", 0), func(v *View) {
			v.Memory.Tried, v.Memory.Landing = "new", now
		}), action: Edit, reason: StateChanged},
		"their edit":              {view: view(shows("old", 0), editing("them", 0)), action: Wait, reason: ClaimedByOther, in: 30 * time.Second},
		"their edit, shown":       {view: view(shows("new", 0), editing("them", 0)), action: Wait, reason: ClaimedByOther, in: 30 * time.Second},
		"their edit, newer state": {view: view(shows("old", 0), editing("them", 0), resolved), action: Edit, reason: StateChanged},
		"their edit, S over":      {view: view(shows("new", 0), editing("them", 30*time.Second)), action: Edit, reason: StateChanged},

		"final":              {view: view(shows("old", 0), end(Final)), action: Follow, reason: MessageFinal},
		"final, true":        {view: view(shows("new", 1), end(Final)), action: None, reason: UpToDate},
		"follow unclear":     {view: view(shows("old", 0), end(Final), making(record.Follow, "me", 0), gaveUp(0)), action: Wait, reason: AwaitingSettlement, in: 12 * time.Second},
		"follow over":        {view: view(shows("old", 0), end(Final), making(record.Follow, "me", 0), gaveUp(time.Minute)), action: Find, reason: OutcomeUnknown},
		"their follow":       {view: view(shows("old", 0), making(record.Follow, "them", 0)), action: Wait, reason: ClaimedByOther, in: 30 * time.Second},
		"their follow, over": {view: view(shows("old", 0), making(record.Follow, "them", time.Minute)), action: Find, reason: OutcomeUnknown},

		"no edits, shows the state":      {view: view(shows("new", 0), unedited), action: None, reason: UpToDate},
		"no edits, shows another":        {view: view(shows("old", 0), unedited), action: Follow, reason: StateChanged},
		"no edits, own follow claim":     {view: view(shows("old", 0), unedited, making(record.Follow, "me", 0)), action: Follow, reason: StateChanged},
		"no edits, follow unclear":       {view: view(shows("old", 0), unedited, making(record.Follow, "me", 0), gaveUp(0)), action: Wait, reason: AwaitingSettlement, in: 12 * time.Second},
		"no edits, their follow, S over": {view: view(shows("old", 0), unedited, making(record.Follow, "them", time.Minute)), action: Find, reason: OutcomeUnknown},

		"new review":               {view: view(shows("new", 0)), action: Reply, reason: NewReview},
		"new review, no threads":   {view: view(shows("new", 0), func(v *View) { v.Can &^= CanReply }), action: None, reason: UpToDate},
		"new review, thread ended": {view: view(shows("new", 0), func(v *View) { v.Memory.Thread = Closed }), action: None, reason: UpToDate},
		"replies not counted":      {view: view(shows("new", 0), func(v *View) { v.Memory.Thread = Uncounted }), action: FindReply, reason: OutcomeUnknown},
		"reply unclear":            {view: view(shows("new", 0), making(record.Reply, "me", 0), gaveUp(0)), action: Wait, reason: AwaitingSettlement, in: 12 * time.Second},
		"reply unclear, over":      {view: view(shows("new", 0), making(record.Reply, "me", 0), gaveUp(time.Minute)), action: FindReply, reason: OutcomeUnknown},
		"reply unclear, blind":     {view: view(shows("new", 0), making(record.Reply, "me", 0), gaveUp(0), blind), action: Reply, reason: OutcomeUnknown},
		"their reply":              {view: view(shows("new", 0), making(record.Reply, "them", 0)), action: Wait, reason: ClaimedByOther, in: 30 * time.Second},
		"their reply, over":        {view: view(shows("new", 0), making(record.Reply, "them", time.Minute)), action: FindReply, reason: OutcomeUnknown},
		"their reply, none due":    {view: view(shows("new", 1), making(record.Reply, "them", time.Minute)), action: Withdraw, reason: ClaimNotNeeded},
		"an edit does not wait for a reply": {view: view(shows("old", 0), making(record.Reply, "me", 0), gaveUp(0)),
			action: Edit, reason: StateChanged},
	} {
		t.Run(name, func(t *testing.T) {
			want := Decision{Action: tt.action, Reason: tt.reason}
			if tt.in > 0 {
				want.At = now.Add(tt.in)
			}
			if got := Next(tt.view); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}
