/** The versions that a `go.mod` pins. */
export interface Versions {
  /** Minimum Go version, e.g. `1.26.0`. */
  readonly go: string
  readonly kubernetes: string
  readonly etcd: string
}

/** Reads the pinned versions from the text of our `go.mod`, their only source. */
export function versionsOf(goMod: string): Versions {
  const version = (what: string, pattern: RegExp): string => {
    const found = pattern.exec(goMod)?.[1]
    if (found === undefined) throw new Error(`go.mod names no version of ${what}`)
    return found
  }
  return {
    go: version('go', /^go (\d+(?:\.\d+)+)$/m),
    kubernetes: version('k8s.io/kubernetes', /^\s*k8s\.io\/kubernetes v(\S+)/m),
    etcd: version('go.etcd.io/etcd/server/v3', /^\s*go\.etcd\.io\/etcd\/server\/v3 v(\S+)/m),
  }
}

/** Whether the toolchain `found` (`go1.26.8`, as `go env GOVERSION` prints it) is at least `needed` (`1.26.0`). */
export function isGoNewEnough(found: string, needed: string): boolean {
  const numbers = (version: string): number[] => (version.match(/\d+/g) ?? []).slice(0, 3).map(Number)
  const have = numbers(found)
  for (const [index, want] of numbers(needed).entries()) {
    const part = have[index] ?? 0
    if (part !== want) return part > want
  }
  return true
}
