package engine

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// explain returns why execution failed, without any value of the data. Go's reason is only passed on if its pattern is
// known to contain no value.
func explain(err error, what, reason string) string {
	if value := missing(""); errors.As(err, &value) {
		return value.Error() + ": it is missing, or null; default can give it one"
	}
	if what == "" {
		what = "the template"
	}
	if strings.HasPrefix(reason, "error calling ") {
		return what + ": " + causeOf(err)
	}
	return what + ": " + firstMatch(safeReasons, reason, "cannot be evaluated")
}

// causeOf returns why a function failed.
func causeOf(err error) string {
	var ours problem
	var inJSON *json.SyntaxError
	var inBase64 base64.CorruptInputError
	var inPattern *syntax.Error
	switch {
	case errors.As(err, &ours):
		return shorten(string(ours))
	case errors.As(err, &inJSON):
		return fmt.Sprintf("not JSON (at byte %d)", inJSON.Offset)
	case errors.As(err, &inBase64):
		return fmt.Sprintf("not base64 (at byte %d)", int64(inBase64))
	case errors.As(err, &inPattern):
		return "not a regular expression: " + string(inPattern.Code)
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return firstMatch(safeCauses, err.Error(), "the function failed; its reason is not shown, as it may hold a value")
}

const (
	typeName  = `\*?(?:\[\]|map\[\w+\])*(?:[\w.]+|interface \{\})`
	fieldName = `[\pL_][\pL\pN_]*`
)

// safeReasons are reasons of text/template whose captured parts are only types and names of the template.
var safeReasons = []*regexp.Regexp{
	regexp.MustCompile(`^(undefined variable: \$\w*)$`),
	regexp.MustCompile(`^(exceeded maximum template depth \(\d+\))$`),
	regexp.MustCompile(`^(wrong number of args for \w+: want (?:at least )?\d+ got \d+)$`),
	regexp.MustCompile(`^((?:invalid value|wrong type for value); expected ` + typeName + `(?:; got ` + typeName + `)?)$`),
	regexp.MustCompile(`^(nil pointer evaluating ` + typeName + `\.` + fieldName + `)$`),
	regexp.MustCompile(`^(can't evaluate field ` + fieldName + ` in type ` + typeName + `)$`),
	regexp.MustCompile(`^(` + fieldName + ` (?:is not a method but has arguments|has arguments but cannot be invoked as function))$`),
	regexp.MustCompile(`^(cannot assign nil to ` + typeName + `)$`),
	regexp.MustCompile(`^(nil is not a command)$`),
	regexp.MustCompile(`^(template "[\w. /-]*" not defined)$`),
	regexp.MustCompile(`^(can't give argument to non-function) `),
	regexp.MustCompile(`^(expected [a-z ]+); found `),
	regexp.MustCompile(`^(range can't iterate over) ()`),
	regexp.MustCompile(`^(can't use) .* (to iterate over more than one variable)$`),
	regexp.MustCompile(`^(can't handle) .* (for arg of type ` + typeName + `)$`),
}

// safeCauses are reasons of functions.
var safeCauses = []*regexp.Regexp{
	regexp.MustCompile(`^((?:invalid type|missing argument) for comparison)$`),
	regexp.MustCompile(`^(incompatible types for comparison: ` + typeName + ` and ` + typeName + `)$`),
	regexp.MustCompile(`^(index out of range|invalid slice index|too many slice indexes): `),
	regexp.MustCompile(`^((?:index|slice) of (?:untyped nil|nil pointer))$`),
	regexp.MustCompile(`^((?:can't (?:index|slice) item|len|cannot index slice/array with) (?:of )?type ` + typeName + `)$`),
	regexp.MustCompile(`^(value has type ` + typeName + `; should be ` + typeName + `)$`),
	regexp.MustCompile(`^reflect: (call of reflect\.Value\.\w+ on zero Value)$`),
	regexp.MustCompile(`^(non-function) .* (of type ` + typeName + `)$`),
	regexp.MustCompile(`^(len of nil pointer|call of nil|integer divide by zero)$`),
	regexp.MustCompile(`^(?:runtime error: )(integer divide by zero|slice bounds out of range|index out of range|.*nil pointer dereference)`),
	regexp.MustCompile(`^(Cannot [a-z]+ (?:[a-z]+ )?(?:on )?type [a-z]+(?: as list)?)$`),
	regexp.MustCompile(`^(list should be type of slice or array but [a-z]+)$`),
	regexp.MustCompile(`^strings: (negative Repeat count)$`),
	regexp.MustCompile(`^json: (unsupported type: ` + typeName + `)$`),
	regexp.MustCompile(`^reflect.Value.Slice: (slice index out of bounds)$`),
	regexp.MustCompile(`^(dig needs at least three arguments)$`),
	regexp.MustCompile(`^(Invalid Semantic Version)$`),
	regexp.MustCompile(`^(interface conversion: interface \{\} is ` + typeName + `, not ` + typeName + `)$`),
}

func firstMatch(patterns []*regexp.Regexp, text, otherwise string) string {
	for _, pattern := range patterns {
		if found := pattern.FindStringSubmatch(text); found != nil {
			return strings.TrimSpace(strings.Join(found[1:], " … "))
		}
	}
	return otherwise
}
