package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPlotsShowEachSize covers what is drawn: a mark for each size but none, and the names.
func TestPlotsShowEachSize(t *testing.T) {
	dir := t.TempDir()
	sized := func(size int) point {
		return point{size: size, memory: memory{private: int64(size) * 1000}, took: time.Duration(size) * time.Millisecond}
	}
	measured := map[string][]point{
		"notifiers":     {sized(0), sized(100), sized(1000)},
		"open requests": {sized(0), sized(10_000), sized(50_000)},
	}
	if err := drawPlots(dir, measured); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"bench-memory.svg", "bench-time.svg"} {
		svg, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		marks, words := 0, ""
		for in := xml.NewDecoder(strings.NewReader(string(svg))); ; {
			token, err := in.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			switch token := token.(type) {
			case xml.StartElement:
				if token.Name.Local == "circle" {
					marks++
				}
			case xml.CharData:
				words += string(token) + "\n"
			}
		}
		if marks != 4 {
			t.Errorf("%s has %d marks, want one for each size but none", file, marks)
		}
		for _, want := range []string{"notifiers\n", "open requests\n", "10000\n"} {
			if !strings.Contains(words, want) {
				t.Errorf("%s does not say %q", file, strings.TrimSpace(want))
			}
		}
	}
}
