import { existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'

/** The files of a kubeconfig. @param kubeconfigPath @default `KUBECONFIG` or `~/.kube/config`, if it exists */
export function kubeconfigFiles(kubeconfigPath: string | undefined): readonly string[] {
  if (kubeconfigPath !== undefined) return [kubeconfigPath]
  const files = (process.env.KUBECONFIG ?? '').split(path.delimiter).filter(Boolean)
  return files.length > 0 ? files : [path.join(homedir(), '.kube', 'config')].filter((file) => existsSync(file))
}

/** Of several files, as kubectl, those that are neither missing nor empty. */
export function presentFiles(files: readonly string[]): readonly string[] {
  const present = files.filter(isPresent)
  return present.length > 0 ? present : files.slice(0, 1)
}

function isPresent(file: string): boolean {
  try {
    const found = statSync(file, { throwIfNoEntry: false })
    return found !== undefined && !(found.isFile() && found.size === 0)
  } catch {
    // Whatever reads the file reports why it cannot be read.
    return true
  }
}

/**
 * Merges files into an empty kubeconfig as kubectl does: for each name, and for the current context, the first file that has it counts.
 * With client-node the last current context counts, which is that of another cluster.
 */
export function loadMerged(config: KubeConfig, files: readonly string[], empty: () => KubeConfig): void {
  const loaded = files.map((file) => {
    const one = empty()
    one.loadFromFile(file)
    return one
  })
  config.loadFromOptions({
    clusters: firstOfEach(loaded.flatMap(({ clusters }) => clusters)),
    users: firstOfEach(loaded.flatMap(({ users }) => users)),
    contexts: firstOfEach(loaded.flatMap(({ contexts }) => contexts)),
    currentContext: loaded.map((each) => each.getCurrentContext()).find(Boolean),
  })
}

function firstOfEach<T extends { readonly name: string }>(entries: readonly T[]): readonly T[] {
  const names = new Set<string>()
  return entries.filter(({ name }) => names.size < names.add(name).size)
}
