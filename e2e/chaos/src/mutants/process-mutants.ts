import type { Mutant } from './mutant.ts'

/** Ways to be wrong that no test in memory can see: they show on a real API server, or where processes end and take over. */
export const PROCESS_MUTANTS: readonly Mutant[] = [
  {
    name: 'stays when its lease is lost',
    file: 'apps/operator/src/leadership.ts',
    search: "if (why === 'lost') loss.abort()",
    replacement: '',
  },
  {
    name: 'drops what it is writing when it leaves',
    file: 'apps/operator/src/operator.ts',
    search: 'const graceMs = Math.floor(Math.min(WRITE_GRACE_MS, leftMs))',
    replacement: 'const graceMs = 0',
  },
  {
    name: 'says nothing of what others have done',
    file: 'packages/k8s-writer/src/kube-secret-writer.ts',
    search: 'if (!change || !this.#reflector?.hasSynced) return',
    replacement: 'if (!change || this.#reflector) return',
  },
  {
    name: 'believes its cache where it is to look',
    file: 'packages/k8s-writer/src/kube-secret-writer.ts',
    search: 'if (!fresh && this.#reflector && this.#isWatched(target)) {',
    replacement: 'if (fresh !== undefined && this.#reflector && this.#isWatched(target)) {',
  },
  {
    name: 'keeps what the watch has told the end of',
    file: 'packages/k8s-writer/src/cache/watch-bookmark.ts',
    search: 'if (!isLabelled || lastResourceVersion === undefined) return false',
    replacement: 'return false',
  },
  {
    name: 'deletes whatever is there by now',
    file: 'packages/k8s-writer/src/write/secrets-api.ts',
    search: "const options = { preconditions, propagationPolicy: 'Background'",
    replacement: "const options = { propagationPolicy: 'Background'",
  },
  {
    name: 'forgets what was laid by',
    file: 'packages/k8s-writer/src/write/secret-replacer.ts',
    search: 'const body = staged && restoredBody(staged, digester)',
    replacement: 'const body = staged === null ? restoredBody(staged, digester) : undefined',
  },
  {
    name: 'restarts again for a change that it had restarted for',
    file: 'packages/k8s-writer/src/kube-workload-restarter.ts',
    search: "if ([...changes].every(([name, change]) => remembered.get(name) === change)) return { kind: 'done' }",
    replacement: '',
  },
]
