package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/Masterminds/sprig/v3"
)

func TestEveryFunctionOfSprigIsThereOrRemoved(t *testing.T) {
	names, without := Functions()
	all := sprig.TxtFuncMap()
	for name := range all {
		if slices.Contains(names, name) == (without[name] != "") {
			t.Errorf("%s is in none or in both", name)
		}
	}
	for name := range without {
		if all[name] == nil {
			t.Errorf("Sprig has no %s to remove", name)
		}
	}
	for name := range sprig.HermeticTxtFuncMap() {
		if without[name] != "" && without[name] != changes && name != "ago" {
			t.Errorf("Sprig holds %s for repeatable: why is it removed?", name)
		}
	}
}

func TestPrintfTellsNoAddress(t *testing.T) {
	date := `(toDate "2006-01-02T15:04:05Z07:00" "2020-01-02T03:04:05+05:30")`
	for format, wanted := range map[string]string{
		`"%p" .`: "", `"%8p" (list 1)`: "", `"%[1]p" .`: "", `"%d %-*p" 1 2 .`: "", `"%%p" `: "%p",
		`"%d" ` + date: "", `"%#v" (list (semver "1.2.3"))`: "", `"%k" ` + date: "", `"%w" ` + date: "",
		`"%d" (list ` + date + `)`:            "",
		`"%s" ` + date:                        "2020-01-02 03:04:05 +0530 +0530",
		`"%*d %T %v" 3 7 . (semver "1.2.3")`:  "  7 map[string]interface {} 1.2.3",
		`"%#v %d %k" (list 1) (list 1 "x") 1`: `[]interface {}{1} [1 %!d(string=x)] %!k(int=1)`,
	} {
		for _, template := range []string{"{{ printf " + format + " }}", "{{ with printf " + format + " }}{{ . }}{{ end }}"} {
			session := Session{OutputBytes: 1_000}
			output, failure := session.Render(Template{Name: "t", Text: template})
			refused := failure != nil && strings.Contains(failure.Problem, string(address))
			if (wanted == "") != refused || string(output) != wanted {
				t.Errorf("%s: %q %+v", template, output, failure)
			}
		}
	}
}
