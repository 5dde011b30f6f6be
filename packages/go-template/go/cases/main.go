// Command cases writes the expected results into test files: go run ./cases FILE.json …
//
// The engine runs natively here. Unless a case has `differs`, plain text/template with Sprig must return the same output
// or the same error.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"text/template"
	"unicode/utf8"

	"github.com/Masterminds/sprig/v3"

	"github.com/AliyunContainerService/ack-secret-manager/packages/go-template/go/engine"
)

type testCase struct {
	Name       string            `json:"name"`
	Template   string            `json:"template"`
	Data       map[string]string `json:"data,omitempty"`
	BinaryData map[string][]byte `json:"binaryData,omitempty"`
	// Differs is the reason why plain text/template with Sprig gives another result.
	Differs string `json:"differs,omitempty"`

	Output       *string `json:"output,omitempty"`
	BinaryOutput []byte  `json:"binaryOutput,omitempty"`
	Error        string  `json:"error,omitempty"`
	Line         int     `json:"line,omitempty"`
	Column       int     `json:"column,omitempty"`
	Problem      string  `json:"problem,omitempty"`
}

const outputBytes = 1 << 20

func main() {
	for _, file := range os.Args[1:] {
		if err := fillIn(file); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			os.Exit(1)
		}
	}
}

func fillIn(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var cases []*testCase
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&cases); err != nil {
		return err
	}
	for _, each := range cases {
		if err := each.run(); err != nil {
			return fmt.Errorf("%s: %w", each.Name, err)
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(cases); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

func (c *testCase) run() error {
	data := map[string]string{}
	for key, value := range c.Data {
		data[key] = value
	}
	for key, value := range c.BinaryData {
		data[key] = string(value)
	}
	c.Output, c.BinaryOutput, c.Error, c.Line, c.Column, c.Problem = nil, nil, "", 0, 0, ""
	session := engine.Session{Data: data, Seed: "seed", OutputBytes: outputBytes}
	output, failure := session.Render(engine.Template{Name: c.Name, Text: c.Template})
	if failure == nil {
		if text := string(output); utf8.ValidString(text) {
			c.Output = &text
		} else {
			c.BinaryOutput = output
		}
	} else {
		c.Error, c.Line, c.Column, c.Problem = failure.FullText, failure.Line, failure.Column, failure.Problem
	}
	if c.Differs != "" || ours.MatchString(c.Template) {
		return nil
	}
	plain, err := renderPlainly(c.Template, data)
	if err == nil && !bytes.Equal(plain, output) || err != nil && err.Error() != c.Error {
		return fmt.Errorf("Go alone answers %q, %v; the engine %q, %s", plain, err, output, c.Error)
	}
	return nil
}

// ours are functions that Go and Sprig lack or define differently.
var ours = regexp.MustCompile(`\b(jsonPath|mergeJson|parseKeyValue|toLines|bcrypt|htpasswd)\b`)

func renderPlainly(text string, values map[string]string) (output []byte, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("%v", recovered)
		}
	}()
	parsed, err := template.New("").Funcs(sprig.TxtFuncMap()).Parse(text)
	if err != nil {
		return nil, err
	}
	data := map[string]any{}
	for key, value := range values {
		data[key] = value
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, data); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
