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

func noting(by string, seen time.Duration) func(*View) {
	return func(v *View) {
		making(record.Note, by, seen)(v)
		v.Entry.Make.Due = now.Add(-7 * time.Minute).Unix()
	}
}

func from(in time.Duration) func(*View) {
	return func(v *View) { v.Memory.From = now.Add(in) }
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

// living makes the recipient the requester of a request that was made an hour ago, until when
// notes were made, and of which the access ends.
func living(until, ends time.Duration) func(*View) {
	return func(v *View) {
		shows("new", 1)(v)
		made := now.Add(-time.Hour)
		v.Memory.Notes = []Note{
			{Stage: Outcome, Due: made}, {Stage: EndsSoon, Due: now.Add(ends - 15*time.Minute)}, {Stage: Ended, Due: now.Add(ends)},
		}
		if until != 0 {
			v.Entry.Noted = now.Add(until).Unix()
		}
	}
}

func presumed(v *View) { v.Memory.Named = Presumed }
func refused(v *View)  { v.Request.Mark = record.Mark{State: accessrequest.Denied} }

// noted gives a recipient that was told notes, of which the latest that is due was due 5
// minutes ago and the next is in 10, and of which some are made.
func noted(until time.Duration) func(*View) {
	return func(v *View) {
		shows("new", 1)(v)
		for _, in := range []time.Duration{-5, 10, -15, 30} {
			v.Memory.Notes = append(v.Memory.Notes, Note{Stage: Reminder, Due: now.Add(in * time.Minute)})
		}
		v.Entry.Noted = now.Add(until).Unix()
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
		due    time.Duration
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

		"own claim, pending":           {view: view(making(record.Post, "me", 0)), action: Post, reason: FirstMessage},
		"own claim, decided":           {view: view(making(record.Post, "me", 0), resolved), action: Withdraw, reason: NeverAnnounced},
		"own claim, decided, in call":  {view: view(making(record.Post, "me", 0), resolved, func(v *View) { v.Busy = true }), action: None, reason: NeverAnnounced},
		"own claim, not wanted":        {view: view(making(record.Post, "me", 0), unwanted), action: Withdraw, reason: RecipientRemoved},
		"own unclear":                  {view: view(making(record.Post, "me", 0), gaveUp(0)), action: Wait, reason: AwaitingSettlement, in: 12 * time.Second},
		"own unclear, decided":         {view: view(making(record.Post, "me", 0), gaveUp(11*time.Second), resolved), action: Wait, reason: AwaitingSettlement, in: time.Second},
		"own unclear, over":            {view: view(making(record.Post, "me", 0), gaveUp(12*time.Second)), action: Find, reason: OutcomeUnknown},
		"own unclear, blind":           {view: view(making(record.Post, "me", 0), gaveUp(0), blind), action: Wait, reason: AwaitingSettlement, in: 12 * time.Second},
		"own unclear, blind, over":     {view: view(making(record.Post, "me", 0), gaveUp(12*time.Second), blind), action: Post, reason: OutcomeUnknown},
		"own unclear, blind, decided":  {view: view(making(record.Post, "me", 0), gaveUp(12*time.Second), blind, resolved), action: Post, reason: OutcomeUnknown},
		"own unclear, blind, no edits": {view: view(making(record.Post, "me", 0), gaveUp(0), blind, unedited), action: Post, reason: OutcomeUnknown},

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
		"closed, own older edit":  {view: view(shows("", 0), func(v *View) { v.Record.Status, v.Memory.Tried = record.Closed, "older" }), action: Edit, reason: StateChanged},
		"shown, own older edit":   {view: view(shows("new", 1), func(v *View) { v.Memory.Tried = "older" }), action: Edit, reason: StateChanged},
		"closed, own edit":        {view: view(shows("", 0), func(v *View) { v.Record.Status, v.Memory.Tried = record.Closed, "new" }), action: None, reason: UpToDate},
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
		"no edits, just heard":           {view: view(shows("old", 0), unedited, quiet(10*time.Second)), action: Wait, reason: Paced, in: 10 * time.Second},
		"no edits, heard before":         {view: view(shows("old", 0), unedited, quiet(0)), action: Follow, reason: StateChanged},
		"no edits, true, just heard":     {view: view(shows("new", 0), unedited, quiet(10*time.Second)), action: None, reason: UpToDate},
		"no edits, unclear, just heard":  {view: view(shows("old", 0), unedited, blind, making(record.Follow, "me", 0), gaveUp(0), quiet(10*time.Second)), action: Wait, reason: Paced, in: 10 * time.Second},
		"a note, just heard":             {view: view(noted(-time.Hour), quiet(10*time.Second)), action: Wait, reason: Paced, in: 10 * time.Second},
		"an edit, just heard":            {view: view(shows("old", 0), quiet(10*time.Second)), action: Edit, reason: StateChanged},
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
		"their reply, final, unknown": {view: view(shows("old", 0), making(record.Reply, "them", time.Minute), func(v *View) {
			v.Memory.End, v.Request.Replies = Final, 0
		}), action: Withdraw, reason: ClaimNotNeeded},
		"their reply, none due":      {view: view(shows("new", 1), making(record.Reply, "them", time.Minute)), action: Withdraw, reason: ClaimNotNeeded},
		"a note is due":              {view: view(noted(-time.Hour)), action: MakeNote, reason: NoteDue, due: -5 * time.Minute},
		"the one before is made":     {view: view(noted(-15 * time.Minute)), action: MakeNote, reason: NoteDue, due: -5 * time.Minute},
		"a note is due later":        {view: view(noted(-5 * time.Minute)), action: None, reason: NotYet, in: 10 * time.Minute},
		"all notes are made":         {view: view(noted(30 * time.Minute)), action: None, reason: UpToDate},
		"notes, decided":             {view: view(noted(-time.Hour), resolved), action: None, reason: UpToDate},
		"notes, not wanted":          {view: view(noted(-time.Hour), unwanted), action: None, reason: UpToDate},
		"notes, behind":              {view: view(noted(-time.Hour), behind, func(v *View) { v.Request.Digest = "newer" }), action: None, reason: AwaitingEvent},
		"notes, closed":              {view: view(noted(-time.Hour), func(v *View) { v.Record.Status = record.Closed }), action: None, reason: UpToDate},
		"notes, shows another":       {view: view(noted(-time.Hour), func(v *View) { v.Entry.Shown = "old" }), action: Edit, reason: StateChanged},
		"notes, new review":          {view: view(noted(-time.Hour), func(v *View) { v.Entry.Replies = 0 }), action: Reply, reason: NewReview},
		"notes, not counted":         {view: view(noted(-time.Hour), func(v *View) { v.Memory.Thread = Uncounted }), action: FindNote, reason: OutcomeUnknown, due: -5 * time.Minute},
		"the outcome":                {view: view(living(0, 2*time.Hour), resolved), action: MakeNote, reason: NoteDue, due: -time.Hour},
		"the outcome, near the end":  {view: view(living(0, 5*time.Minute), resolved), action: MakeNote, reason: NoteDue, due: -time.Hour},
		"the outcome, presumed":      {view: view(living(0, 2*time.Hour), resolved, presumed), action: MakeNote, reason: NoteDue, due: -time.Hour},
		"the outcome, not wanted":    {view: view(living(0, 2*time.Hour), resolved, unwanted), action: None, reason: UpToDate},
		"no outcome yet":             {view: view(living(0, 2*time.Hour)), action: None, reason: UpToDate},
		"the access lasts":           {view: view(living(-time.Hour, 2*time.Hour), resolved), action: None, reason: NotYet, in: 105 * time.Minute},
		"the access ends soon":       {view: view(living(-time.Hour, 5*time.Minute), resolved), action: MakeNote, reason: NoteDue, due: -10 * time.Minute},
		"the access has ended":       {view: view(living(-time.Hour, -time.Minute), resolved), action: MakeNote, reason: NoteDue, due: -time.Minute},
		"there is no access":         {view: view(living(-time.Hour, time.Hour), refused), action: None, reason: UpToDate},
		"own note claim":             {view: view(noted(-time.Hour), noting("me", 0)), action: MakeNote, reason: NoteDue, due: -5 * time.Minute},
		"own note claim, in call":    {view: view(noted(-time.Hour), noting("me", 0), resolved, func(v *View) { v.Busy = true }), action: None, reason: ClaimNotNeeded},
		"own note claim, decided":    {view: view(noted(-time.Hour), noting("me", 0), resolved), action: Withdraw, reason: ClaimNotNeeded},
		"own note unclear":           {view: view(noted(-time.Hour), noting("me", 0), gaveUp(0)), action: Wait, reason: AwaitingSettlement, in: 12 * time.Second, due: -7 * time.Minute},
		"own note unclear, over":     {view: view(noted(-time.Hour), noting("me", 0), gaveUp(time.Minute)), action: FindNote, reason: OutcomeUnknown, due: -7 * time.Minute},
		"own note unclear, blind":    {view: view(noted(-time.Hour), noting("me", 0), gaveUp(0), blind), action: MakeNote, reason: OutcomeUnknown, due: -5 * time.Minute},
		"their note":                 {view: view(noted(-time.Hour), noting("them", 0)), action: Wait, reason: ClaimedByOther, in: 30 * time.Second, due: -7 * time.Minute},
		"their note, over":           {view: view(noted(-time.Hour), noting("them", time.Minute)), action: FindNote, reason: OutcomeUnknown, due: -7 * time.Minute},
		"their note, over, decided":  {view: view(noted(-time.Hour), noting("them", time.Minute), resolved), action: Withdraw, reason: ClaimNotNeeded},
		"their note, unasked":        {view: view(noted(-time.Hour), noting("them", time.Minute), presumed, func(v *View) { v.Memory.Notes = nil }), action: None, reason: AwaitingEvent},
		"their note, no edits":       {view: view(noted(-time.Hour), noting("them", time.Minute), unedited, func(v *View) { v.Entry.Shown = "old" }), action: FindNote, reason: OutcomeUnknown, due: -7 * time.Minute},
		"own note unclear, no edits": {view: view(noted(-time.Hour), noting("me", 0), gaveUp(0), unedited, blind, func(v *View) { v.Entry.Shown = "old" }), action: Follow, reason: OutcomeUnknown},
		"hears later":                {view: view(from(time.Minute)), action: None, reason: NotYet, in: time.Minute},
		"hears from now on":          {view: view(from(0)), action: Post, reason: FirstMessage},
		"hears from now on, decided": {view: view(from(-time.Minute), resolved, announced), action: None, reason: NeverAnnounced},
		"hears later, was told":      {view: view(shows("old", 0), from(time.Minute)), action: Edit, reason: StateChanged},
		"an edit does not wait for a reply": {view: view(shows("old", 0), making(record.Reply, "me", 0), gaveUp(0)),
			action: Edit, reason: StateChanged},
	} {
		t.Run(name, func(t *testing.T) {
			want := Decision{Action: tt.action, Reason: tt.reason}
			if tt.in != 0 {
				want.At = now.Add(tt.in)
			}
			if tt.due != 0 {
				want.Due = now.Add(tt.due)
			}
			got := Next(tt.view)
			if got.At, got.Due = got.At.UTC(), got.Due.UTC(); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func quiet(left time.Duration) func(*View) {
	return func(v *View) { v.Memory.Quiet = now.Add(left) }
}
