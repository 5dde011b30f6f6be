import type { Mutant } from './mutant.ts'

function inEngine(name: string, file: string, search: string, replacement: string): Mutant {
  return { name, file: `packages/sync-engine/src/${file}`, search, replacement }
}

/** Deliberate defects of the engine. */
export const ENGINE_MUTANTS: readonly Mutant[] = [
  inEngine(
    'drops a failed key',
    'decide/content-diff.ts',
    'const carried = carriedKeys(desired, record)',
    'const carried = new Map<string, KeyRecord>()',
  ),
  inEngine(
    'drops the keys of a failed document',
    'decide/content-diff.ts',
    '|| (isFrom(origin, secret) && (!read.has(secret) || asksForMore(keys)))',
    '',
  ),
  inEngine(
    'empties a Secret when nothing can be read',
    'decide/content-diff.ts',
    'data.size === 0 && carried.length === 0 ? record.keys : new Map(carried)',
    'new Map(carried)',
  ),
  inEngine(
    'removes the key that a misspelt secret would replace',
    'decide/content-diff.ts',
    '|| (isAnyNew && !read.has(from.secret))',
    '',
  ),
  inEngine(
    'ignores drift',
    'decide/content-diff.ts',
    'differs(key, wanted) || drifted.has(key)',
    'differs(key, wanted)',
  ),
  inEngine(
    'writes without a change',
    'decide/content-diff.ts',
    'differs(key, wanted) || drifted.has(key)',
    'key !== wanted.digest',
  ),
  inEngine(
    'never removes a key',
    'decide/content-diff.ts',
    '!desired.data.has(key) && !carried.has(key)',
    'key.length === 0',
  ),
  inEngine(
    'creates an incomplete Secret',
    'decide/decide.ts',
    "return complete ? create(desired, policy) : { kind: 'wait' }",
    'return create(desired, policy)',
  ),
  inEngine(
    'writes unowned',
    'decide/decide.ts',
    "isUnowned && policy.creation !== 'Adopt'",
    'isUnowned && isUnowned !== isUnowned',
  ),
  inEngine(
    'writes to the Secret of another resource',
    'decide/decide.ts',
    "ownership.kind === 'other-resource'",
    'ownership.kind === undefined',
  ),
  inEngine(
    'writes to the Secret of another controller',
    'decide/decide.ts',
    "ownership.kind === 'other-controller'",
    'ownership.kind === undefined',
  ),
  inEngine(
    'overwrites keys of other owners',
    'decide/decide.ts',
    'const held = refuseOwnedKeys(desired, observed, record)',
    'const held = undefined',
  ),
  inEngine(
    'writes despite Block',
    'decide/decide.ts',
    "!complete && policy.onKeyFailure === 'Block'",
    'complete === undefined',
  ),
  inEngine(
    'mixes versions',
    'assemble/extract-keys.ts',
    'if (value === undefined || produced.failures.length > 0) continue',
    'if (value === undefined) continue',
  ),
  inEngine(
    'clears on 404',
    'assemble/extract-keys.ts',
    "reading.error.code === 'NotFound' && entries.every(({ optional }) => optional)",
    "reading.error.code === 'NotFound'",
  ),
  inEngine(
    'treats AccessDenied as NotFound',
    'assemble/extract-keys.ts',
    "reading.error.code === 'NotFound' &&",
    'reading.error.code.length > 0 &&',
  ),
  inEngine(
    'renders with missing inputs',
    'assemble/assemble.ts',
    'plan.templates !== undefined && failures.length > 0',
    'plan.templates === null',
  ),
  inEngine(
    'does not retry a conflict',
    'reconcile/reconcile-target.ts',
    "if (error.code !== 'Conflict') throw error",
    'throw error',
  ),
  inEngine('reports Ready before the first write', 'report/sync-outcome.ts', '|| isFirst', ''),
  inEngine(
    'deletes a retained Secret while it waits',
    'decide/decide.ts',
    'updateDeletionPolicy(desired, observed, policy) ??',
    '',
  ),
  inEngine(
    'overwrites a newer value with an older one',
    'reconcile/reconcile-target.ts',
    'if (isOvertaken) throw overtaken(desired, context.before !== undefined)',
    '',
  ),
  inEngine(
    'uses cached values when it must reread',
    'reconcile/reconciler.ts',
    'pool.values(key, reads, { signal, force })',
    'pool.values(key, reads, { signal, force: false })',
  ),
  inEngine(
    'uses a stale cache after a conflict',
    'reconcile/reconcile-target.ts',
    'writer.observe(target, { signal, fresh: true })',
    'writer.observe(target, { signal })',
  ),
  inEngine(
    'deletes a Secret that must be retained',
    'reconcile/release-target.ts',
    "if (record.deletion === 'retain')",
    'if (record.deletion === undefined)',
  ),
  inEngine(
    'leaves merged keys behind',
    'reconcile/release-target.ts',
    'removeKeys: [...record.keys.keys()]',
    'removeKeys: []',
  ),
  inEngine(
    'omits a restored secret',
    'sources/source.ts',
    "const isBack = this.#error?.code === 'NotFound'",
    'const isBack = false',
  ),
  inEngine('ignores a change within a version', 'sources/source.ts', '|| digest !== this.#digest', ''),
  inEngine('does not retry', 'sources/source.ts', 'this.retryMs = this.#pausedUntilMs', 'this.retryMs = Infinity'),
  inEngine(
    'continues to write after it lost the lease',
    'queue/work-queue.ts',
    'if (graceMs <= 0) this.#stop.abort()',
    '',
  ),
  inEngine(
    'drops events during a reconcile',
    'queue/work-queue.ts',
    'item.dirty = Math.min(item.dirty ?? priority, priority) as Priority',
    '',
  ),
]
