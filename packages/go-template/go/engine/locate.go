package engine

import (
	"fmt"
	"strings"
	"text/template"
	"text/template/parse"
)

// locate finds the node of an execution error, and the reason. text/template returns one string, in which the source of
// a node precedes the reason. The node itself is needed to separate the two.
func locate(message string, parsed *template.Template, offset int) (what, reason string) {
	for _, each := range parsed.Templates() {
		if each.Tree == nil {
			continue
		}
		visit(each.Root, each.Root, func(candidate, around parse.Node) {
			if int(candidate.Position()) != offset {
				return
			}
			location, context := each.ErrorContext(candidate)
			prefix := fmt.Sprintf("template: %s: executing %q at <%s>: ", location, each.Name(), context)
			if found, ok := strings.CutPrefix(message, prefix); ok && (reason == "" || len(found) < len(reason)) {
				what, reason = describe(around), strings.ReplaceAll(found, mark, "")
			}
		})
	}
	return what, reason
}

// offsetOf returns the byte offset of a line, from 1, and a column, from 0.
func offsetOf(text string, line, column int) int {
	offset := 0
	for range line - 1 {
		offset += strings.IndexByte(text[offset:], '\n') + 1
	}
	return offset + column
}

// visit calls back for each node that text/template can name in an error, with the enclosing pipeline or action, which
// determines the reported position.
func visit(node, around parse.Node, callback func(node, around parse.Node)) {
	var children []parse.Node
	switch node := node.(type) {
	case *parse.ListNode:
		children = node.Nodes
	case *parse.ActionNode:
		children = []parse.Node{node.Pipe}
	case *parse.PipeNode:
		around = node
		for _, command := range node.Cmds {
			children = append(children, command)
		}
	case *parse.CommandNode:
		children = node.Args
	case *parse.ChainNode:
		children = []parse.Node{node.Node}
	case *parse.TemplateNode:
		around = node
		if node.Pipe != nil {
			children = []parse.Node{node.Pipe}
		}
	case *parse.IfNode:
		around, children = node, branches(&node.BranchNode)
	case *parse.RangeNode:
		around, children = node, branches(&node.BranchNode)
	case *parse.WithNode:
		around, children = node, branches(&node.BranchNode)
	}
	callback(node, around)
	for _, child := range children {
		visit(child, around, callback)
	}
}

func branches(node *parse.BranchNode) []parse.Node {
	if node.ElseList == nil {
		return []parse.Node{node.Pipe, node.List}
	}
	return []parse.Node{node.Pipe, node.List, node.ElseList}
}
