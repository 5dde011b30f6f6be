package engine

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"text/template"

	"github.com/shopspring/decimal"
)

// operatorFunctions are the functions of the Go operator that Sprig lacks; existing manifests rely on them. As in the Go
// operator, invalid input gives an empty or the first value, not a failure. Unlike it, numbers keep all digits.
var operatorFunctions = template.FuncMap{
	"jsonPath":      jsonPath,
	"mergeJson":     mergeJson,
	"parseKeyValue": parseKeyValue,
	"toLines":       toLines,
}

// jsonPath follows a path like `users.0.name`; an empty path is the whole document.
func jsonPath(document, path string) any {
	value, err := parseJSON(document)
	if err != nil {
		return ""
	}
	if path != "" {
		for step := range strings.SplitSeq(path, ".") {
			next, found := member(value, step)
			if !found {
				return ""
			}
			value = next
		}
	}
	return goNumbers(value)
}

func member(value any, step string) (any, bool) {
	switch value := value.(type) {
	case map[string]any:
		found, ok := value[step]
		return found, ok
	case []any:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(value) {
			return value[i], true
		}
	}
	return nil, false
}

// goNumbers converts numbers to float64, as encoding/json does and arithmetic expects, unless that loses digits.
func goNumbers(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, item := range value {
			value[key] = goNumbers(item)
		}
	case []any:
		for i, item := range value {
			value[i] = goNumbers(item)
		}
	case json.Number:
		if number, err := value.Float64(); err == nil && isExactly(number, value.String()) {
			return number
		}
	}
	return value
}

// isExactly reports whether number, written with as few digits as possible, is the number in text.
func isExactly(number float64, text string) bool {
	// With an exponent single digits do not matter, and a comparison could take as many digits as the exponent has.
	if strings.ContainsAny(text, "eE") {
		return true
	}
	exact, err := decimal.NewFromString(text)
	return err == nil && exact.Equal(decimal.NewFromFloat(number))
}

// mergeJson merges two objects deeply; if both have a member that is not an object, the second one wins.
func mergeJson(base, override string) string {
	var objects [2]map[string]any
	for i, text := range []string{base, override} {
		value, err := parseJSON(text)
		object, isObject := value.(map[string]any)
		if err != nil || !isObject && value != nil {
			return base
		}
		objects[i] = object
	}
	merged, err := json.Marshal(mergeObjects(objects[0], objects[1]))
	if err != nil {
		return base
	}
	return string(merged)
}

func mergeObjects(base, override map[string]any) map[string]any {
	merged := make(map[string]any, len(base)+len(override))
	for key, value := range base {
		merged[key] = value
	}
	for key, value := range override {
		below, isObject := merged[key].(map[string]any)
		above, bothAre := value.(map[string]any)
		if isObject && bothAre {
			value = mergeObjects(below, above)
		}
		merged[key] = value
	}
	return merged
}

// parseKeyValue reads lines like `key = value`; it skips empty lines and lines that begin with `#`.
func parseKeyValue(text string) map[string]string {
	result := map[string]string{}
	for line := range strings.SplitSeq(text, "\n") {
		key, value, found := strings.Cut(strings.TrimSpace(line), "=")
		if found && !strings.HasPrefix(key, "#") {
			result[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	return result
}

func toLines(text string) []string {
	if text == "" {
		return []string{}
	}
	return strings.Split(strings.TrimSpace(text), "\n")
}

// parseJSON is json.Unmarshal, but numbers keep their digits.
func parseJSON(text string) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, problem("more than one value")
	}
	return value, nil
}
