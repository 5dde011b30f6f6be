// Package engine renders text templates as Go does, with Sprig's functions, and says of a failure only what holds no value.
//
// It runs as WebAssembly in production and natively where the expected results of tests are made: same code, same answers.
package engine

import (
	"errors"
	"fmt"
	"text/template"
	"time"
)

func init() {
	// Dates that name no zone must not depend on the machine.
	time.Local = time.UTC
}

// Template is one text, with the name that its salts depend on.
type Template struct {
	Name string
	Text string
}

// Session renders templates with the same data.
type Session struct {
	Data map[string]string
	// Seed takes the place of randomness.
	Seed string
	// OutputBytes is what is left for all outputs together.
	OutputBytes int
}

var errOutputLimit = errors.New("output limit")

// Render gives what a template comes to.
func (s *Session) Render(source Template) (output []byte, failure *Failure) {
	// text/template passes runtime errors on, as it holds them for defects.
	defer func() {
		if recovered := recover(); recovered != nil {
			failure = &Failure{Problem: "the template cannot be executed", FullText: fmt.Sprint(recovered)}
		}
	}()
	hashes := passwordHashes{seed: s.Seed, template: source.Name, calls: map[string]uint32{}}
	// Nameless, as in the Go operator: nothing that a name holds can get into a message or change a result.
	parsed, err := template.New("").Funcs(functions).Funcs(hashes.functions()).Parse(source.Text)
	if err != nil {
		return nil, parseFailure(err)
	}
	rewrite(parsed)
	// A map of its own for each template: `set . "key" …` must not reach the next one.
	data := make(map[string]any, len(s.Data))
	for key, value := range s.Data {
		data[key] = value
	}
	out := limitedBuffer{limit: s.OutputBytes}
	if err := parsed.Execute(&out, data); err != nil {
		return nil, executionFailure(err, parsed, source.Text)
	}
	s.OutputBytes -= len(out.bytes)
	return out.bytes, nil
}

type limitedBuffer struct {
	bytes []byte
	limit int
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if len(b.bytes)+len(p) > b.limit {
		return 0, errOutputLimit
	}
	b.bytes = append(b.bytes, p...)
	return len(p), nil
}
