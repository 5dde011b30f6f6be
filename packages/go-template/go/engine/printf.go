package engine

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// verbs of a format: what fmt takes between `%` and the verb, and the verb.
var verbs = regexp.MustCompile(`(?s)%[-+# 0-9.*\[\]]*(.)`)

// address is why a verb is refused: where a value lies in memory is different each time.
const address problem = "prints an address, which is different each time"

// printf is that of fmt without addresses: without %p, and without verbs that show the pointers in a date or a version.
func printf(format string, args ...any) (string, error) {
	probes, probed, refused := slices.Clone(args), false, false
	for i, arg := range args {
		if arg != nil && !isPlain(reflect.ValueOf(arg)) {
			probes[i], probed = probe{&refused}, true
		}
	}
	for _, verb := range verbs.FindAllStringSubmatch(format, -1) {
		// Of these two fmt takes care before it asks a probe.
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

// probe represents a value that may contain pointers, and detects verbs that do not ask it for its text.
type probe struct {
	refused *bool
}

func (p probe) Format(state fmt.State, verb rune) {
	if state.Flag('#') || !strings.ContainsRune("vsqxX", verb) {
		*p.refused = true
	}
}

// isPlain tells whether a value holds nothing but texts, numbers, and lists and maps of them.
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
