package main

import (
	"encoding/json"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	yaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// functions of Terraform that the module uses.
var functions = map[string]function.Function{
	"can":        tryfunc.CanFunc,
	"concat":     stdlib.ConcatFunc,
	"jsonencode": stdlib.JSONEncodeFunc,
	"length":     stdlib.LengthFunc,
	"regex":      stdlib.RegexFunc,
	"yamlencode": yaml.YAMLEncodeFunc,
}

// Arguments of every resource, which are no arguments of its type.
var metaArguments = map[string]bool{"count": true, "depends_on": true, "for_each": true}

type module struct {
	variables map[string]*hclsyntax.Block
	locals    map[string]hclsyntax.Expression
	resources map[string]*hclsyntax.Block
	outputs   map[string]*hclsyntax.Block
	values    map[string]cty.Value
	used      map[string]bool
}

func newModule() *module {
	return &module{
		variables: map[string]*hclsyntax.Block{}, locals: map[string]hclsyntax.Expression{},
		resources: map[string]*hclsyntax.Block{}, outputs: map[string]*hclsyntax.Block{},
		values: map[string]cty.Value{}, used: map[string]bool{},
	}
}

func (m *module) add(body *hclsyntax.Body) error {
	for _, block := range body.Blocks {
		switch block.Type {
		case "variable":
			m.variables[block.Labels[0]] = block
		case "output":
			m.outputs[block.Labels[0]] = block
		case "resource":
			m.resources[block.Labels[0]+"."+block.Labels[1]] = block
		case "locals":
			for name, attribute := range block.Body.Attributes {
				m.locals[name] = attribute.Expr
			}
		case "terraform":
		default:
			return fmt.Errorf("%s: unexpected block %s", block.TypeRange, block.Type)
		}
	}
	return nil
}

// setVariables takes the given values or the defaults, as values of the variables' types.
func (m *module) setVariables(given map[string]json.RawMessage) error {
	for name := range given {
		if m.variables[name] == nil {
			return fmt.Errorf("no variable %s", name)
		}
	}
	for name, block := range m.variables {
		kind, diags := typeexpr.TypeConstraint(block.Body.Attributes["type"].Expr)
		if diags.HasErrors() {
			return diags
		}
		text, isGiven := given[name]
		if isGiven {
			value, err := ctyjson.Unmarshal(text, kind)
			if err != nil {
				return fmt.Errorf("variable %s: %w", name, err)
			}
			m.values["var."+name] = value
			continue
		}
		byDefault := block.Body.Attributes["default"]
		if byDefault == nil {
			return fmt.Errorf("variable %s is required", name)
		}
		value, diags := byDefault.Expr.Value(nil)
		if diags.HasErrors() {
			return diags
		}
		value, err := convert.Convert(value, kind)
		if err != nil {
			return fmt.Errorf("variable %s: %w", name, err)
		}
		m.values["var."+name] = value
	}
	return nil
}

// evaluate first evaluates what the expression refers to.
func (m *module) evaluate(expression hclsyntax.Expression) (cty.Value, error) {
	scope := map[string]map[string]cty.Value{}
	for _, traversal := range expression.Variables() {
		root, name, err := reference(traversal)
		if err != nil {
			return cty.NilVal, err
		}
		value, err := m.value(root, name)
		if err != nil {
			return cty.NilVal, fmt.Errorf("%s: %w", traversal.SourceRange(), err)
		}
		if scope[root] == nil {
			scope[root] = map[string]cty.Value{}
		}
		scope[root][name] = value
	}
	variables := map[string]cty.Value{}
	for root, values := range scope {
		variables[root] = cty.ObjectVal(values)
	}
	value, diags := expression.Value(&hcl.EvalContext{Variables: variables, Functions: functions})
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	return value, nil
}

func reference(traversal hcl.Traversal) (string, string, error) {
	if len(traversal) < 2 {
		return "", "", fmt.Errorf("%s: incomplete reference", traversal.SourceRange())
	}
	name, isName := traversal[1].(hcl.TraverseAttr)
	if !isName {
		return "", "", fmt.Errorf("%s: unexpected reference", traversal.SourceRange())
	}
	return traversal.RootName(), name.Name, nil
}

func (m *module) value(root string, name string) (cty.Value, error) {
	key := root + "." + name
	m.used[key] = true
	if value, found := m.values[key]; found {
		return value, nil
	}
	var value cty.Value
	var err error
	switch {
	case root == "local" && m.locals[name] != nil:
		value, err = m.evaluate(m.locals[name])
	case m.resources[key] != nil:
		value, err = m.resource(key)
	default:
		return cty.NilVal, fmt.Errorf("there is no %s", key)
	}
	if err == nil {
		m.values[key] = value
	}
	return value, err
}

// resource has the arguments of a resource; with for_each those of each instance, by key.
func (m *module) resource(name string) (cty.Value, error) {
	body := m.resources[name].Body
	if depends := body.Attributes["depends_on"]; depends != nil {
		for _, traversal := range depends.Expr.Variables() {
			root, other, err := reference(traversal)
			if err != nil || m.resources[root+"."+other] == nil {
				return cty.NilVal, fmt.Errorf("%s: depends on no resource", traversal.SourceRange())
			}
		}
	}
	each := body.Attributes["for_each"]
	if each == nil {
		return m.object(body)
	}
	keys, err := m.evaluate(each.Expr)
	if err != nil {
		return cty.NilVal, err
	}
	instances := map[string]cty.Value{}
	for entry := keys.ElementIterator(); entry.Next(); {
		key, value := entry.Element()
		m.values["each.key"], m.values["each.value"] = key, value
		if instances[key.AsString()], err = m.object(body); err != nil {
			return cty.NilVal, err
		}
	}
	delete(m.values, "each.key")
	delete(m.values, "each.value")
	return cty.ObjectVal(instances), nil
}

// object has the arguments of a block. Its nested blocks are lists, by type.
func (m *module) object(body *hclsyntax.Body) (cty.Value, error) {
	arguments := map[string]cty.Value{}
	for argument, attribute := range body.Attributes {
		if metaArguments[argument] {
			continue
		}
		value, err := m.evaluate(attribute.Expr)
		if err != nil {
			return cty.NilVal, err
		}
		arguments[argument] = value
	}
	nested := map[string][]cty.Value{}
	for _, block := range body.Blocks {
		if block.Type == "lifecycle" {
			continue
		}
		if block.Type == "dynamic" {
			return cty.NilVal, fmt.Errorf("%s: unexpected block dynamic", block.TypeRange)
		}
		value, err := m.object(block.Body)
		if err != nil {
			return cty.NilVal, err
		}
		nested[block.Type] = append(nested[block.Type], value)
	}
	for kind, values := range nested {
		arguments[kind] = cty.TupleVal(values)
	}
	return cty.ObjectVal(arguments), nil
}

func (m *module) count(body *hclsyntax.Body) (int64, error) {
	attribute := body.Attributes["count"]
	if attribute == nil {
		return 1, nil
	}
	value, err := m.evaluate(attribute.Expr)
	if err != nil {
		return 0, err
	}
	count, _ := value.AsBigFloat().Int64()
	return count, nil
}

// unused are variables and locals that nothing refers to.
func (m *module) unused() []string {
	found := []string{}
	for _, name := range sorted(m.variables) {
		if !m.used["var."+name] {
			found = append(found, "var."+name)
		}
	}
	for _, name := range sorted(m.locals) {
		if !m.used["local."+name] {
			found = append(found, "local."+name)
		}
	}
	return found
}
