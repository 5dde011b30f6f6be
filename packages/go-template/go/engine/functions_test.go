package engine

import (
	"slices"
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
