import type { Mutant } from './mutant.ts'

function inEngine(name: string, file: string, search: string, replacement: string): Mutant {
  return { name, file: `packages/sync-engine/src/${file}`, search, replacement }
}

/** Ways in which the engine can be wrong. */
export const ENGINE_MUTANTS: readonly Mutant[] = [
  inEngine(
    'drops a key that failed',
    'decide/content-diff.ts',
    'const carried = carriedKeys(desired, record)',
    'const carried = new Map<string, KeyRecord>()',
  ),
  inEngine(
    'forgets what a failed document gave',
    'decide/content-diff.ts',
    '|| (isFrom(origin, secret) && (!read.has(secret) || asksForMore(keys)))',
    '',
  ),
  inEngine(
    'empties what nothing could be read for',
    'decide/content-diff.ts',
    'data.size === 0 && carried.length === 0 ? record.keys : new Map(carried)',
    'new Map(carried)',
  ),
  inEngine(
    'takes away what a misspelt name is to replace',
    'decide/content-diff.ts',
    '|| (isAnyNew && !read.has(from.secret))',
    '',
  ),
  inEngine(
    'leaves drift as it is',
    'decide/content-diff.ts',
    'differs(key, wanted) || drifted.has(key)',
    'differs(key, wanted)',
  ),
  inEngine(
    'writes what has not changed',
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
    'creates what is not whole',
    'decide/decide.ts',
    "return complete ? create(desired, policy) : { kind: 'wait' }",
    'return create(desired, policy)',
  ),
  inEngine(
    'writes unowned',
    'decide/decide.ts',
    "isGivenUp && policy.creation !== 'Adopt'",
    'isGivenUp && isGivenUp !== isGivenUp',
  ),
  inEngine(
    'takes what belongs to another resource',
    'decide/decide.ts',
    "ownership.kind === 'other-resource'",
    'ownership.kind === undefined',
  ),
  inEngine(
    'takes what belongs to another controller',
    'decide/decide.ts',
    "ownership.kind === 'other-controller'",
    'ownership.kind === undefined',
  ),
  inEngine(
    'takes keys that others hold',
    'decide/decide.ts',
    'const held = refuseOwnedKeys(desired, observed, record)',
    'const held = undefined',
  ),
  inEngine(
    'writes in spite of Block',
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
    'takes a denial for an absence',
    'assemble/extract-keys.ts',
    "reading.error.code === 'NotFound' &&",
    'reading.error.code.length > 0 &&',
  ),
  inEngine(
    'renders from less than everything',
    'assemble/assemble.ts',
    'plan.templates !== undefined && failures.length > 0',
    'plan.templates === null',
  ),
  inEngine(
    'gives up at a conflict',
    'reconcile/reconcile-target.ts',
    "if (error.code !== 'Conflict') throw error",
    'throw error',
  ),
  inEngine('says that all is well with what it has not done yet', 'report/sync-outcome.ts', '|| isFirst', ''),
  inEngine(
    'deletes what is retained while it waits',
    'decide/decide.ts',
    'updateDeletionPolicy(desired, observed, policy) ??',
    '',
  ),
  inEngine(
    'puts an older value over a newer one',
    'reconcile/reconcile-target.ts',
    'if (isOvertaken) throw overtaken(desired, context.before !== undefined)',
    '',
  ),
  inEngine(
    'takes what is kept for what is there now',
    'reconcile/reconciler.ts',
    'force: this.#outdated.delete(key)',
    'force: false',
  ),
  inEngine(
    'uses a stale cache after a conflict',
    'reconcile/reconcile-target.ts',
    'writer.observe(target, { signal, fresh: true })',
    'writer.observe(target, { signal })',
  ),
  inEngine(
    'deletes what is to be retained',
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
    'leaves out what is back',
    'sources/source.ts',
    "const isBack = this.#error?.code === 'NotFound'",
    'const isBack = false',
  ),
  inEngine('sees no change within a version', 'sources/source.ts', '|| digest !== this.#digest', ''),
  inEngine('does not try again', 'sources/source.ts', 'this.retryMs = this.#pausedUntilMs', 'this.retryMs = Infinity'),
  inEngine(
    'writes on for a moment when it leads no more',
    'queue/work-queue.ts',
    'if (graceMs <= 0) this.#stop.abort()',
    '',
  ),
  inEngine(
    'forgets what came while it worked',
    'queue/work-queue.ts',
    'item.dirty = Math.min(item.dirty ?? priority, priority) as Priority',
    '',
  ),
]
