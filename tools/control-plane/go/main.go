// One program holding etcd, kube-apiserver and kube-controller-manager: linked together they share the Kubernetes
// libraries, so one link step and one file on disk give a whole control plane. It acts as the program whose name it is
// called by (a symbolic link), or as the one named by its first argument.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

var programs = map[string]func(args []string){
	"etcd": etcdmain.Main,
	"kube-apiserver": func([]string) {
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	},
	"kube-controller-manager": func([]string) {
		os.Exit(cli.Run(controllermanager.NewControllerManagerCommand()))
	},
}

func main() {
	args := os.Args
	if programs[filepath.Base(args[0])] == nil && len(args) > 1 {
		args = args[1:]
	}
	run := programs[filepath.Base(args[0])]
	if run == nil {
		fmt.Fprintln(os.Stderr, "usage: etcd|kube-apiserver|kube-controller-manager [flags]")
		os.Exit(2)
	}
	if os.Getenv("CONTROL_PLANE_EXIT_WITH_STDIN") != "" {
		go exitWithStdin(os.Getenv("CONTROL_PLANE_ORPHANED_DIR"))
	}
	os.Args = args
	run(args)
}

// exitWithStdin ends the process once its standard input is closed. The parent holds the other end and never writes, so
// that happens when the parent is gone, by SIGKILL too. No parent is left then to remove the data, so the process does it.
func exitWithStdin(orphanedDir string) {
	_, _ = io.Copy(io.Discard, os.Stdin)
	if orphanedDir != "" {
		_ = os.RemoveAll(orphanedDir)
	}
	os.Exit(1)
}
