package engine

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// verbs matches the directives of a format: flags, width and precision after `%`, and the verb.
var verbs = regexp.MustCompile(`(?s)%[-+# 0-9.*\[\]]*(.)`)

// address is the reason for rejecting a verb: memory addresses differ in each run.
const address problem = "prints an address, which is different each time"

// printf is fmt's without addresses: it rejects %p, and verbs that print the pointers in a date or a version.
func printf(format string, args ...any) (string, error) {
	probes, probed, refused := slices.Clone(args), false, false
	for i, arg := range args {
		if arg != nil && !isPlain(reflect.ValueOf(arg)) {
			probes[i], probed = probe{&refused}, true
		}
	}
	for _, verb := range verbs.FindAllStringSubmatch(format, -1) {
		// fmt handles these two verbs before it calls the probe.
		if verb[1] == "p" || verb[1] == "w" && probed {
			return "", address
		}
	}
	if probed {
		_ = fmt.Sprintf(format, probes...)
	}
	if refused {
		return "", address
	}
	return fmt.Sprintf(format, args...), nil
}

// probe represents a value that may contain pointers, and detects verbs that do not call its String method.
type probe struct {
	refused *bool
}

func (p probe) Format(state fmt.State, verb rune) {
	if state.Flag('#') || !strings.ContainsRune("vsqxX", verb) {
		*p.refused = true
	}
}

// isPlain reports whether a value consists only of texts, numbers, and lists and maps of them.
func isPlain(value reflect.Value) bool {
	switch value.Kind() {
	case reflect.Interface:
		return value.IsNil() || isPlain(value.Elem())
	case reflect.Slice, reflect.Array:
		for i := range value.Len() {
			if !isPlain(value.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		for each := value.MapRange(); each.Next(); {
			if !isPlain(each.Key()) || !isPlain(each.Value()) {
				return false
			}
		}
		return true
	case reflect.Pointer, reflect.Struct, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return false
	}
	return true
}
