// Evaluates a Terraform module without its provider, from DIRECTORY and variables in JSON on stdin.
// Prints in JSON: files that are not formatted, resources with their arguments, outputs, and failed conditions.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

type result struct {
	Unformatted []string                              `json:"unformatted"`
	Unused      []string                              `json:"unused"`
	Failed      []string                              `json:"failed"`
	Resources   map[string]map[string]json.RawMessage `json:"resources"`
	Outputs     map[string]json.RawMessage            `json:"outputs"`
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(directory string) error {
	given := map[string]json.RawMessage{}
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		return err
	}
	module := newModule()
	found := result{
		Unformatted: []string{}, Failed: []string{},
		Resources: map[string]map[string]json.RawMessage{}, Outputs: map[string]json.RawMessage{},
	}
	files, err := filepath.Glob(filepath.Join(directory, "*.tf"))
	if err != nil {
		return err
	}
	sort.Strings(files)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if string(hclwrite.Format(source)) != string(source) {
			found.Unformatted = append(found.Unformatted, filepath.Base(file))
		}
		parsed, diags := hclsyntax.ParseConfig(source, filepath.Base(file), hcl.InitialPos)
		if diags.HasErrors() {
			return diags
		}
		if err := module.add(parsed.Body.(*hclsyntax.Body)); err != nil {
			return err
		}
	}
	if err := module.setVariables(given); err != nil {
		return err
	}
	for _, name := range sorted(module.variables) {
		if err := module.check(module.variables[name].Body, "validation", &found.Failed); err != nil {
			return err
		}
	}
	for _, name := range sorted(module.resources) {
		if err := module.printResource(name, &found); err != nil {
			return err
		}
	}
	for _, name := range sorted(module.outputs) {
		value, err := module.evaluate(module.outputs[name].Body.Attributes["value"].Expr)
		if err != nil {
			return err
		}
		if found.Outputs[name], err = ctyjson.Marshal(value, value.Type()); err != nil {
			return err
		}
	}
	found.Unused = module.unused()
	return json.NewEncoder(os.Stdout).Encode(found)
}

// printResource adds the arguments of a resource, unless its count is 0.
func (m *module) printResource(name string, found *result) error {
	body := m.resources[name].Body
	count, err := m.count(body)
	if err != nil || count == 0 {
		return err
	}
	for _, block := range body.Blocks {
		if block.Type != "lifecycle" {
			continue
		}
		if err := m.check(block.Body, "precondition", &found.Failed); err != nil {
			return err
		}
	}
	value, err := m.resource(name)
	if err != nil {
		return err
	}
	if body.Attributes["for_each"] == nil {
		return found.add(name, value)
	}
	for key, instance := range value.AsValueMap() {
		if err := found.add(name+"["+key+"]", instance); err != nil {
			return err
		}
	}
	return nil
}

// add adds the arguments of one instance of a resource.
func (found *result) add(name string, value cty.Value) error {
	var err error
	arguments := map[string]json.RawMessage{}
	for argument, each := range value.AsValueMap() {
		if arguments[argument], err = ctyjson.Marshal(each, each.Type()); err != nil {
			return err
		}
	}
	found.Resources[name] = arguments
	return nil
}

// check evaluates the conditions of the blocks of a kind.
func (m *module) check(body *hclsyntax.Body, kind string, failed *[]string) error {
	for _, block := range body.Blocks {
		if block.Type != kind {
			continue
		}
		condition, err := m.evaluate(block.Body.Attributes["condition"].Expr)
		if err != nil {
			return err
		}
		message, err := m.evaluate(block.Body.Attributes["error_message"].Expr)
		if err != nil {
			return err
		}
		if condition.RawEquals(cty.False) {
			*failed = append(*failed, message.AsString())
		}
	}
	return nil
}

func sorted[T any](values map[string]T) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
