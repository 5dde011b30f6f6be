// A registry for OCI artifacts: the commands of Distribution with one storage driver. Its own program also compiles the SDKs of three
// clouds, which takes ten times as long.
package main

import (
	"os"

	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
)

func main() {
	if err := registry.RootCmd.Execute(); err != nil {
		os.Exit(1)
	}
}
