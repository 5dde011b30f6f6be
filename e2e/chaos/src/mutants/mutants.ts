import type { Mutant } from './mutant.ts'

/** Defects that in-memory tests cannot find: they need a real API server, or processes that exit and take over. The suite must fail for each. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'keeps running after it lost the lease',
    file: 'apps/operator/src/leadership.ts',
    search: "if (reason === 'lost') loss.abort()",
    replacement: '',
  },
  {
    name: 'aborts pending writes on shutdown',
    file: 'apps/operator/src/operator.ts',
    search: 'const graceMs = Math.floor(Math.min(WRITE_GRACE_MS, leftMs))',
    replacement: 'const graceMs = 0',
  },
  {
    name: 'does not report changes by others',
    file: 'packages/k8s-writer/src/secret-informer.ts',
    search: 'if (!change || !this.#reflector?.hasSynced) return',
    replacement: 'if (!change || this.#reflector) return',
  },
  {
    name: 'uses the cache when it must read fresh',
    file: 'packages/k8s-writer/src/secret-informer.ts',
    search: 'if (!fresh && this.#reflector && this.#isWatched(target)) {',
    replacement: 'if (fresh !== undefined && this.#reflector && this.#isWatched(target)) {',
  },
  {
    name: 'keeps a Secret that the watch reported as deleted',
    file: 'packages/k8s-writer/src/cache/watch-bookmark.ts',
    search: 'if (!isLabelled || lastResourceVersion === undefined) return false',
    replacement: 'return false',
  },
  {
    name: 'deletes without preconditions',
    file: 'packages/k8s-writer/src/write/secrets-api.ts',
    search: "const options = { preconditions, propagationPolicy: 'Background'",
    replacement: "const options = { propagationPolicy: 'Background'",
  },
  {
    name: 'ignores a staged replacement',
    file: 'packages/k8s-writer/src/write/secret-replacer.ts',
    search: 'const body = staged && restoredBody(staged, digester)',
    replacement: 'const body = staged === null ? restoredBody(staged, digester) : undefined',
  },
  {
    name: 'repeats a restart for the same change',
    file: 'packages/k8s-writer/src/kube-workload-restarter.ts',
    search: "if ([...changes].every(([name, change]) => remembered.get(name) === change)) return { kind: 'done' }",
    replacement: '',
  },
  {
    name: 'does not relist after 410 Gone',
    file: 'packages/k8s-client/src/watch/list-watch.ts',
    search: 'if (isGone || isUnreadable) this.#resumeFrom = undefined',
    replacement: '',
  },
]
