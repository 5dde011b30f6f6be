package engine

import (
	"regexp"
	"strings"
	"text/template/parse"
)

const maxCharacters = 120

// byKey are functions whose text arguments are names of keys.
var byKey = map[string]bool{"index": true, "get": true, "jsonPath": true, "pluck": true}

var keyName = regexp.MustCompile(`^[\w./-]{1,63}$`)

// describe formats a part of a template for messages. A template may come from a Secret, so literals are omitted unless
// they are names of keys.
func describe(node parse.Node) string {
	return shorten(strings.ReplaceAll(source(node, false), mark, ""))
}

// shorten reduces a text to one short line.
func shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxCharacters {
		return string(runes[:maxCharacters]) + "…"
	}
	return text
}

func source(node parse.Node, isKey bool) string {
	switch node := node.(type) {
	case *parse.PipeNode:
		commands := []string{}
		for _, command := range node.Cmds {
			commands = append(commands, source(command, isKey))
		}
		return strings.Join(commands, " | ")
	case *parse.CommandNode:
		arguments := []string{}
		for _, argument := range node.Args {
			text := source(argument, byKey[functionOf(node)])
			if argument.Type() == parse.NodePipe {
				text = "(" + text + ")"
			}
			arguments = append(arguments, text)
		}
		return strings.Join(arguments, " ")
	case *parse.ChainNode:
		return "(" + source(node.Node, isKey) + ")." + strings.Join(node.Field, ".")
	case *parse.StringNode:
		if isKey && keyName.MatchString(node.Text) {
			return node.Quoted
		}
	case *parse.IdentifierNode, *parse.FieldNode, *parse.VariableNode, *parse.DotNode, *parse.NilNode, *parse.BoolNode:
		return node.String()
	case *parse.TemplateNode:
		return "template"
	case *parse.RangeNode:
		return "range " + source(node.Pipe, isKey)
	case *parse.IfNode:
		return "if " + source(node.Pipe, isKey)
	case *parse.WithNode:
		return "with " + source(node.Pipe, isKey)
	}
	return "…"
}
