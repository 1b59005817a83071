package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// maxEvent bounds one event of the page, which can be its whole state.
const maxEvent = 16 << 20

// visitor uses the page the way a browser does.
type visitor struct {
	base   string
	client http.Client
}

// pageState is what the visitor reads of the page's state.
type pageState struct {
	Posts    []messengertest.Post `json:"posts"`
	Requests []struct {
		ID    string `json:"id"`
		State string `json:"state"`
	} `json:"requests"`
	Clicks []clickState `json:"clicks"`
}

// clickState is what the visitor reads of a button that was pressed.
type clickState struct {
	ID      int       `json:"id"`
	Form    *struct{} `json:"form"`
	Answers []string  `json:"answers"`
}

// last is what the person was told last, "" for nothing.
func (c clickState) last() string {
	if len(c.Answers) == 0 {
		return ""
	}
	return c.Answers[len(c.Answers)-1]
}

// press does what a button does, and reads the answer into result.
func (v *visitor) press(ctx context.Context, path string, body, result any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, v.base+path, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	request.Header.Set("Origin", v.base)
	request.Header.Set("Content-Type", "application/json")
	response, err := v.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the page answers POST %s with %s: %s", path, response.Status, answer)
	}
	return json.Unmarshal(answer, result)
}

// read returns a file of the page.
func (v *visitor) read(ctx context.Context, path string) (string, error) {
	response, err := v.get(ctx, path)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return string(content), err
}

// state asks for the page's state.
func (v *visitor) state(ctx context.Context) (pageState, error) {
	var state pageState
	content, err := v.read(ctx, "/api/state")
	if err != nil {
		return state, err
	}
	return state, json.Unmarshal([]byte(content), &state)
}

// awaitClick waits until the page shows something of a button that was pressed.
func (v *visitor) awaitClick(ctx context.Context, id int, shows func(clickState) bool) error {
	return wait.For(ctx, deliveredWithin, pollEvery, func() error {
		state, err := v.state(ctx)
		if err != nil {
			return err
		}
		for _, click := range state.Clicks {
			if click.ID == id && !shows(click) {
				return fmt.Errorf("the page shows of it %q", click.Answers)
			}
			if click.ID == id {
				return nil
			}
		}
		return errors.New("the page shows nothing of it")
	})
}

// stream opens the page's events, and calls each with every post that the page
// hears of, until it returns false.
func (v *visitor) stream(ctx context.Context, each func(messengertest.Post) bool) error {
	response, err := v.get(ctx, "/api/events")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, maxEvent)
	name := ""
	for lines.Scan() {
		if event, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			name = event
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		posts, err := postsOf(name, data)
		if err != nil {
			return err
		}
		for _, post := range posts {
			if !each(post) {
				return nil
			}
		}
	}
	return errors.Join(errors.New("the page's stream of events ended"), lines.Err())
}

// postsOf returns the posts in one event.
func postsOf(event, data string) ([]messengertest.Post, error) {
	switch event {
	case "state":
		var state pageState
		err := json.Unmarshal([]byte(data), &state)
		return state.Posts, err
	case "post":
		var post messengertest.Post
		err := json.Unmarshal([]byte(data), &post)
		return []messengertest.Post{post}, err
	default:
		return nil, nil
	}
}

func (v *visitor) get(ctx context.Context, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := v.client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fmt.Errorf("the page answers GET %s with %s", path, response.Status)
	}
	return response, nil
}
