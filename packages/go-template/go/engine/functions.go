package engine

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
)

const (
	changes     = "its result is different each time, and would rewrite the Secret at every refresh"
	clock       = "its result depends on the clock, and would rewrite the Secret at every refresh"
	environment = "templates do not see the environment of the program that renders them"
	network     = "templates do not reach the network"
)

// removed are Sprig's functions that templates cannot call, and why.
var removed = map[string]string{
	"ago": clock, "date": clock, "date_in_zone": clock, "date_modify": clock, "dateInZone": clock,
	"dateModify": clock, "htmlDate": clock, "htmlDateInZone": clock, "now": clock,

	"encryptAES": changes, "genCA": changes, "genCAWithKey": changes, "genPrivateKey": changes,
	"genSelfSignedCert": changes, "genSelfSignedCertWithKey": changes, "genSignedCert": changes,
	"genSignedCertWithKey": changes, "randAlpha": changes, "randAlphaNum": changes, "randAscii": changes,
	"randBytes": changes, "randInt": changes, "randNumeric": changes, "shuffle": changes, "uuidv4": changes,

	"env": environment, "expandenv": environment,

	"getHostByName": network,
}

// functions are available to templates: the deterministic ones of Sprig, and those of the Go operator. The two that make
// password hashes are in passwordHashes.functions.
var functions = func() template.FuncMap {
	all := sprig.TxtFuncMap()
	for name := range removed {
		delete(all, name)
	}
	for _, more := range []template.FuncMap{repeatable, strict, operatorFunctions, escaping} {
		maps.Copy(all, more)
	}
	return all
}()

// Functions lists the functions available to templates in addition to those of text/template, and the removed functions
// of Sprig with the reason.
func Functions() (names []string, without map[string]string) {
	return slices.Sorted(maps.Keys(functions)), removed
}

// repeatable replaces functions that depend on map order, the clock or addresses with deterministic ones.
var repeatable = template.FuncMap{
	"keys": func(dicts ...map[string]any) []string {
		keys := []string{}
		for _, dict := range dicts {
			keys = append(keys, slices.Sorted(maps.Keys(dict))...)
		}
		return keys
	},
	"values": func(dict map[string]any) []any {
		values := []any{}
		for _, key := range slices.Sorted(maps.Keys(dict)) {
			values = append(values, dict[key])
		}
		return values
	},
	"durationRound": func(duration any) (string, error) {
		if _, ok := duration.(time.Time); ok {
			return "", problem("the time since a date depends on the clock")
		}
		return sprigDurationRound(duration), nil
	},
	"printf": printf,
}

// strict replaces functions that return the text of an error, which must not end up in a Secret.
var strict = template.FuncMap{
	"b64dec": func(text string) (string, error) {
		bytes, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "", problem("not base64")
		}
		return string(bytes), nil
	},
	"b32dec": func(text string) (string, error) {
		bytes, err := base32.StdEncoding.DecodeString(text)
		if err != nil {
			return "", problem("not base32")
		}
		return string(bytes), nil
	},
	"derivePassword": func(counter uint32, kind, password, user, site string) (string, error) {
		switch kind {
		case "maximum", "long", "medium", "short", "basic", "pin":
			return sprigDerivePassword(counter, kind, password, user, site), nil
		}
		return "", problem("the second argument is maximum, long, medium, short, basic or pin")
	},
}

// escaping replaces the functions of text/template that convert a missing value to `<no value>`.
var escaping = template.FuncMap{
	"html":     needAll(template.HTMLEscaper),
	"js":       needAll(template.JSEscaper),
	"urlquery": needAll(template.URLQueryEscaper),
}

// replaced are the functions that rewrite replaces: those that print a missing value as text like `<nil>`, and fail with
// a literal message, which contains no value.
var replaced = template.FuncMap{
	"print":   needAll(fmt.Sprint),
	"println": needAll(fmt.Sprintln),
	"printf": func(format string, args ...any) (string, error) {
		if slices.Contains(args, nil) {
			return "", missingPrinted
		}
		return printf(format, args...)
	},
	"toString": func(value any) (string, error) {
		return needAll(func(args ...any) string { return sprigToString(args[0]) })(value)
	},
	"fail": func(message string) (string, error) { return "", problem(message) },
}

var (
	sprigToString       = sprig.TxtFuncMap()["toString"].(func(any) string)
	sprigDurationRound  = sprig.TxtFuncMap()["durationRound"].(func(any) string)
	sprigDerivePassword = sprig.TxtFuncMap()["derivePassword"].(func(uint32, string, string, string, string) string)
)

const missingPrinted problem = "prints a value that is missing"

func needAll(print func(args ...any) string) func(args ...any) (string, error) {
	return func(args ...any) (string, error) {
		if slices.Contains(args, nil) {
			return "", missingPrinted
		}
		return print(args...), nil
	}
}
