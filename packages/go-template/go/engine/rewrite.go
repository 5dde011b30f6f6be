package engine

import (
	"text/template"
	"text/template/parse"
)

// mark is a letter in the names of internal functions. Templates cannot call them: they are registered after parsing.
const mark = "ˈ"

// rewrite makes a parsed template fail where Go would write `<no value>`, or `<nil>`, into the output.
//
// It checks values before printing, not the printed text, because a value may be that text. Like html/template, it wraps
// the pipeline of every printing action in a function. Functions that print are replaced by versions that fail on a
// missing value, except in conditions, where templates compare `printf "%v" .x` with "<nil>".
func rewrite(parsed *template.Template) {
	r := rewriter{}
	for _, each := range parsed.Templates() {
		if each.Tree != nil {
			r.list(each.Root)
		}
	}
	more := template.FuncMap{mark: r.needValue}
	for name, function := range replaced {
		more[name+mark] = function
	}
	parsed.Funcs(more)
}

type rewriter struct {
	// The pipelines of actions that print, for messages.
	printed []parse.Node
}

// needValue is called with the value that an action is going to print.
func (r *rewriter) needValue(action int, value any) (any, error) {
	if value == nil {
		return nil, missing(describe(r.printed[action]))
	}
	return value, nil
}

func (r *rewriter) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch node := node.(type) {
		case *parse.ActionNode:
			replace(node.Pipe)
			if len(node.Pipe.Decl) == 0 {
				node.Pipe = r.guarded(node.Pipe)
			}
		case *parse.TemplateNode:
			replace(node.Pipe)
		case *parse.IfNode:
			r.branches(&node.BranchNode)
		case *parse.RangeNode:
			r.branches(&node.BranchNode)
		case *parse.WithNode:
			r.branches(&node.BranchNode)
		}
	}
}

func (r *rewriter) branches(node *parse.BranchNode) {
	r.list(node.List)
	r.list(node.ElseList)
}

// guarded wraps `.x | upper` as `needValue 0 (.x | upper)`.
func (r *rewriter) guarded(pipe *parse.PipeNode) *parse.PipeNode {
	action := len(r.printed)
	r.printed = append(r.printed, pipe)
	call := &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pipe.Pos, Args: []parse.Node{
		parse.NewIdentifier(mark).SetPos(pipe.Pos),
		&parse.NumberNode{NodeType: parse.NodeNumber, Pos: pipe.Pos, IsInt: true, Int64: int64(action)},
		pipe,
	}}
	return &parse.PipeNode{NodeType: parse.NodePipe, Pos: pipe.Pos, Cmds: []*parse.CommandNode{call}}
}

// replace visits a pipeline and its arguments, except comparisons.
func replace(node parse.Node) {
	switch node := node.(type) {
	case *parse.PipeNode:
		if node == nil {
			return
		}
		for _, command := range node.Cmds {
			replace(command)
		}
	case *parse.CommandNode:
		function := functionOf(node)
		if function == "eq" || function == "ne" {
			return
		}
		for _, argument := range node.Args {
			replace(argument)
		}
		if replaced[function] != nil && (function != "fail" || hasLiteral(node)) {
			node.Args[0].(*parse.IdentifierNode).Ident += mark
		}
	case *parse.ChainNode:
		replace(node.Node)
	}
}

// hasLiteral reports whether a call's only argument is a literal text of the template.
func hasLiteral(call *parse.CommandNode) bool {
	return len(call.Args) == 2 && call.Args[1].Type() == parse.NodeString
}

func functionOf(command *parse.CommandNode) string {
	if identifier, ok := command.Args[0].(*parse.IdentifierNode); ok {
		return identifier.Ident
	}
	return ""
}
