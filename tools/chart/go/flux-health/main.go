// Evaluates healthCheckExprs of Flux for objects: the rules of fluxcd/pkg/runtime/cel, with the same environment of CEL.
// Reads {"expressions", "objects"} as JSON from stdin, and prints the status of each object.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
)

type expressions struct {
	InProgress string `json:"inProgress"`
	Failed     string `json:"failed"`
	Current    string `json:"current"`
}

type request struct {
	Expressions expressions      `json:"expressions"`
	Objects     []map[string]any `json:"objects"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return err
	}
	env, err := cel.NewEnv(
		cel.HomogeneousAggregateLiterals(), cel.DefaultUTCTimeZone(true),
		cel.CrossTypeNumericComparisons(true), cel.OptionalTypes(),
	)
	if err != nil {
		return err
	}
	results := []string{}
	for _, object := range asked.Objects {
		result, err := statusOf(env, asked.Expressions, object)
		if err != nil {
			return err
		}
		results = append(results, result)
	}
	return json.NewEncoder(os.Stdout).Encode(results)
}

func statusOf(env *cel.Env, given expressions, object map[string]any) (string, error) {
	metadata, _ := object["metadata"].(map[string]any)
	status, _ := object["status"].(map[string]any)
	if observed, ok := status["observedGeneration"]; ok && observed != metadata["generation"] {
		return "InProgress", nil
	}
	for _, each := range []struct{ text, status string }{
		{given.InProgress, "InProgress"}, {given.Failed, "Failed"}, {given.Current, "Current"},
	} {
		if each.text == "" {
			continue
		}
		tree, issues := env.Parse(each.text)
		if issues.Err() != nil {
			return "", issues.Err()
		}
		program, err := env.Program(tree)
		if err != nil {
			return "", err
		}
		value, _, err := program.Eval(object)
		if err != nil {
			// Such as an object without status. Flux keeps waiting.
			return "Unknown", nil
		}
		if value == types.True {
			return each.status, nil
		}
	}
	return "InProgress", nil
}
