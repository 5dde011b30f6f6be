import type { Mutant } from './mutant.ts'

function inWriter(name: string, file: string, search: string, replacement: string): Mutant {
  return { name, file: `packages/k8s-writer/src/${file}`, search, replacement }
}

/** Deliberate defects of the writer and the Kubernetes client. */
export const WRITER_MUTANTS: readonly Mutant[] = [
  inWriter(
    'ignores the uid precondition',
    'write/secret-body.ts',
    'return { uid: ifUid, resourceVersion: ifResourceVersion }',
    'return { resourceVersion: ifResourceVersion }',
  ),
  inWriter(
    'ignores the resourceVersion precondition',
    'write/secret-body.ts',
    'return { uid: ifUid, resourceVersion: ifResourceVersion }',
    'return { uid: ifUid }',
  ),
  inWriter('does not remove keys', 'write/secret-body.ts', '...remove.map((key) => [key, null] as const),', ''),
  inWriter(
    'drops the records of other owners',
    'write/secret-body.ts',
    'const records = new Map(known.recorded).set(owner.name, record)',
    'const records = new Map([[owner.name, record]])',
  ),
  inWriter(
    'ignores writes of another process',
    'cache/secret-cache.ts',
    "return isRewritten(before, known) ? changeOf('rewritten', known, ownerNamesOf(known)) : undefined",
    'return undefined',
  ),
  inWriter('treats an old event as a change', 'cache/secret-cache.ts', 'if (age < 0) return undefined', ''),
  inWriter(
    'treats its own deletion as foreign',
    'cache/secret-cache.ts',
    'if (released?.uid === previous.observed.uid) {',
    'if (released === null) {',
  ),
  inWriter(
    'reports a deleted Secret as forbidden',
    'write/write-error.ts',
    "fail('Conflict', 'it no longer exists')",
    "fail('WriteDenied', 'it no longer exists')",
  ),
  inWriter(
    'reports an outage as a denied write',
    'write/write-error.ts',
    "fail('Unavailable', `the API server returned ${error.status}`",
    "fail('WriteFailed', `the API server returned ${error.status}`",
  ),
  inWriter(
    'finds no drift',
    'drift/inspected-secret.ts',
    '(digest === recorded ? intact : broken).add(key)',
    'intact.add(key)',
  ),
  {
    name: 'does not relist after 410 Gone',
    file: 'packages/k8s-client/src/watch/list-watch.ts',
    search: 'if (isGone || isUnreadable) this.#resumeFrom = undefined',
    replacement: '',
  },
]
