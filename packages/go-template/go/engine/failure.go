package engine

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/template"
)

// Failure is where a template failed, and why.
type Failure struct {
	// Line and Column count from 1; 0 if unknown.
	Line, Column int
	// Problem contains no value of the data, and only names of the template.
	Problem string
	// FullText is Go's own message, which may contain values. Only for tests.
	FullText string
}

// problem is an error of the engine, which contains no value.
type problem string

func (p problem) Error() string { return string(p) }

// missing is a pipeline without a value, in the format of describe.
type missing string

func (m missing) Error() string { return string(m) + " has no value" }

var (
	parseLocation     = regexp.MustCompile(`^template: :(\d+): `)
	executionLocation = regexp.MustCompile(`^template: :(\d+):(\d+): executing `)
	undefinedFunction = regexp.MustCompile(`^function "(\w+)" not defined$`)
	quotation         = regexp.MustCompile("(?s)[\"'`].*[\"'`]|U\\+.*")
	quotedName        = regexp.MustCompile(`^"[.$]?[\pL_][\pL\pN_]*"$`)
)

func parseFailure(err error) *Failure {
	failure := &Failure{FullText: err.Error()}
	message := failure.FullText
	if found := parseLocation.FindStringSubmatch(message); found != nil {
		failure.Line, _ = strconv.Atoi(found[1])
		message = message[len(found[0]):]
	}
	if found := undefinedFunction.FindStringSubmatch(message); found != nil && removed[found[1]] != "" {
		failure.Problem = fmt.Sprintf("function %s is not available: %s", found[1], removed[found[1]])
		return failure
	}
	message = strings.Replace(message, " started at :", " started at line ", 1)
	// Go quotes from the template, which may come from a Secret.
	failure.Problem = quotation.ReplaceAllStringFunc(message, func(quoted string) string {
		if quotedName.MatchString(quoted) {
			return quoted
		}
		return "…"
	})
	return failure
}

func executionFailure(err error, parsed *template.Template, text string) *Failure {
	full := strings.ReplaceAll(err.Error(), mark, "")
	if errors.Is(err, errOutputLimit) {
		return &Failure{Problem: "the output is over its limit", FullText: full}
	}
	failure := &Failure{Problem: "the template cannot be executed", FullText: full}
	found := executionLocation.FindStringSubmatch(err.Error())
	if found == nil {
		return failure
	}
	failure.Line, _ = strconv.Atoi(found[1])
	column, _ := strconv.Atoi(found[2])
	failure.Column = column + 1
	what, reason := locate(err.Error(), parsed, offsetOf(text, failure.Line, column))
	failure.Problem = explain(err, what, reason)
	return failure
}
