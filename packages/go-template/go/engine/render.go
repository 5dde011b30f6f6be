// Package engine renders text templates as Go does, with Sprig's functions. Its error messages contain no values.
//
// It runs as WebAssembly in production, and natively to generate the expected results of tests.
package engine

import (
	"errors"
	"fmt"
	"text/template"
	"time"
)

func init() {
	// Dates without a zone must not depend on the machine.
	time.Local = time.UTC
}

// Template is one text and its name, from which salts are derived.
type Template struct {
	Name string
	Text string
}

// Session renders templates with the same data.
type Session struct {
	Data map[string]string
	// Seed replaces randomness.
	Seed string
	// OutputBytes is the remaining size limit of all outputs together.
	OutputBytes int
}

var errOutputLimit = errors.New("output limit")

// Render returns the output of a template.
func (s *Session) Render(source Template) (output []byte, failure *Failure) {
	// text/template panics again on runtime errors, because it treats them as defects.
	defer func() {
		if recovered := recover(); recovered != nil {
			failure = &Failure{Problem: "the template cannot be executed", FullText: fmt.Sprint(recovered)}
		}
	}()
	hashes := passwordHashes{seed: s.Seed, template: source.Name, calls: map[string]uint32{}}
	// Without a name, as in the Go operator: a name must not appear in messages or change a result.
	parsed, err := template.New("").Funcs(functions).Funcs(hashes.functions()).Parse(source.Text)
	if err != nil {
		return nil, parseFailure(err)
	}
	rewrite(parsed)
	// Each template has its own map: `set . "key" …` must not affect the next one.
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
