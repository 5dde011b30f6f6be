//go:build wasip1

package main

import (
	"encoding/binary"
	"slices"

	"github.com/AliyunContainerService/ack-secret-manager/packages/go-template/go/engine"
)

// Numbers are 32 bits, little endian; a text is its length and its bytes; a list is its length and its items. The other
// side is src/encode-request.ts and src/engine-response.ts.
const (
	kindOutput  = 0
	kindFailure = 1
)

type reader struct{ left []byte }

func (r *reader) number() int {
	number := binary.LittleEndian.Uint32(r.left)
	r.left = r.left[4:]
	return int(number)
}

func (r *reader) text() string {
	length := r.number()
	text := string(r.left[:length])
	r.left = r.left[length:]
	return text
}

type request struct {
	// verbose requests Go's own messages, which may contain values.
	verbose   bool
	session   engine.Session
	templates []engine.Template
}

func readRequest(bytes []byte) request {
	r := reader{bytes}
	asked := request{verbose: r.number() == 1}
	asked.session = engine.Session{OutputBytes: r.number(), Seed: r.text(), Data: map[string]string{}}
	for range r.number() {
		asked.templates = append(asked.templates, engine.Template{Name: r.text(), Text: r.text()})
	}
	for range r.number() {
		key := r.text()
		asked.session.Data[key] = r.text()
	}
	return asked
}

func writeFailure(failure *engine.Failure, verbose bool) []byte {
	out := number(number(number(nil, kindFailure), failure.Line), failure.Column)
	out = text(out, failure.Problem)
	if verbose {
		out = text(out, failure.FullText)
	}
	return out
}

// writeFunctions writes each function and the reason why it is unavailable; the reason is empty if it is available.
func writeFunctions(names []string, without map[string]string) []byte {
	for name := range without {
		names = append(names, name)
	}
	slices.Sort(names)
	out := number(nil, len(names))
	for _, name := range names {
		out = text(text(out, name), without[name])
	}
	return out
}

func number(out []byte, number int) []byte {
	return binary.LittleEndian.AppendUint32(out, uint32(number))
}

func text(out []byte, text string) []byte { return append(number(out, len(text)), text...) }
