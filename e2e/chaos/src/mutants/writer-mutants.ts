import type { Mutant } from './mutant.ts'

function inWriter(name: string, file: string, search: string, replacement: string): Mutant {
  return { name, file: `packages/k8s-writer/src/${file}`, search, replacement }
}

/** Ways in which the writer, or the client below it, can be wrong. */
export const WRITER_MUTANTS: readonly Mutant[] = [
  inWriter(
    'ignores the uid precondition',
    'write/secret-body.ts',
    'return { uid: ifUid, resourceVersion: ifResourceVersion }',
    'return { resourceVersion: ifResourceVersion }',
  ),
  inWriter(
    'ignores the version precondition',
    'write/secret-body.ts',
    'return { uid: ifUid, resourceVersion: ifResourceVersion }',
    'return { uid: ifUid }',
  ),
  inWriter('does not remove keys', 'write/secret-body.ts', '...remove.map((key) => [key, null] as const),', ''),
  inWriter(
    'forgets the other owners',
    'write/secret-body.ts',
    'const records = new Map(known.recorded).set(owner.name, record)',
    'const records = new Map([[owner.name, record]])',
  ),
  inWriter(
    'passes over what another process has written',
    'cache/secret-cache.ts',
    "return isRewritten(before, known) ? changeOf('rewritten', known, ownerNamesOf(known)) : undefined",
    'return undefined',
  ),
  inWriter('takes an old event for news', 'cache/secret-cache.ts', 'if (age < 0) return undefined', ''),
  inWriter(
    'takes its own deletion for somebody else’s',
    'cache/secret-cache.ts',
    'if (released?.uid === previous.observed.uid) {',
    'if (released === null) {',
  ),
  inWriter(
    'takes what is gone for forbidden',
    'write/write-error.ts',
    "fail('Conflict', 'it no longer exists')",
    "fail('WriteDenied', 'it no longer exists')",
  ),
  inWriter(
    'takes an outage for a refusal',
    'write/write-error.ts',
    "fail('Unavailable', `the API server returned ${error.status}`",
    "fail('WriteFailed', `the API server returned ${error.status}`",
  ),
  inWriter(
    'finds nothing broken',
    'drift/inspected-secret.ts',
    '(digest === recorded ? intact : broken).add(key)',
    'intact.add(key)',
  ),
  {
    name: 'does not list anew when the history is gone',
    file: 'packages/k8s-client/src/watch/list-watch.ts',
    search: 'if (isGone || isUnreadable) this.#resumeFrom = undefined',
    replacement: '',
  },
]
