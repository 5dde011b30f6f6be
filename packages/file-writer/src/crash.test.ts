import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { contentDigester, isSecretSyncError, type ObservedSecret, type TargetAction } from '@ack-secret-manager/core'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { createOf, patchOf, recordFor, releaseOf, there } from '@ack-secret-manager/testkit'
import { describe, expect, it } from 'vitest'
import { crashingDisk, unflushedDisk } from './testing/crashing-disk.ts'
import { FileSecretWriter } from './file-secret-writer.ts'
import { readTarget } from './read-target.ts'

const signal = new AbortController().signal
const digester = contentDigester()
const target = { namespace: 'team-a', name: 'db' }
const owner = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', name: 'db', uid: '' }
const OLD = { a: 'old-a', b: 'old-b', gone: 'old' }
const NEW = { a: 'new-a', b: 'new-b', fresh: 'new' }
const MAX_STEPS = 100

const create = createOf({ digester }, target, owner, NEW)
const patch = (observed: ObservedSecret): TargetAction =>
  patchOf(observed, owner, recordFor(digester, target, NEW, { versionId: 'v2' }), { set: NEW, remove: ['gone'] })
const remove = (observed: ObservedSecret): TargetAction => releaseOf(observed, 'db', 'delete')

interface Case {
  readonly before: Record<string, string> | undefined
  readonly after: Record<string, string> | undefined
  readonly actionOn: (observed: ObservedSecret | undefined) => TargetAction
}

/** Runs the action until it succeeds, with a crash one step later each time; calls `check` after each crash. */
async function dieAtEachStep(
  { before, actionOn }: Case,
  check: (directory: string) => Promise<void>,
): Promise<{ readonly steps: number }> {
  for (let step = 1; step < MAX_STEPS; step++) {
    const directory = await directoryOfTest()
    const first = await FileSecretWriter.open({ directory, digester, disk: unflushedDisk })
    const observed = before && (await first.apply(createOf({ digester }, target, owner, before), { signal }))
    const { disk, crashed } = crashingDisk(step)
    const writer = await FileSecretWriter.open({ directory, digester, disk })
    const failure = await writer.apply(actionOn(observed), { signal }).then(
      () => undefined,
      (error: unknown) => isSecretSyncError(error) && error.code,
    )
    if (!crashed()) return { steps: step - 1 }
    expect([undefined, 'WriteFailed']).toContain(failure)
    await check(directory)
  }
  throw new Error(`still not through after ${MAX_STEPS} steps`)
}

describe.each<[string, Case]>([
  ['creating', { before: undefined, after: NEW, actionOn: () => create }],
  ['patching', { before: OLD, after: NEW, actionOn: (observed) => patch(there(observed)) }],
  ['deleting', { before: OLD, after: undefined, actionOn: (observed) => remove(there(observed)) }],
])('a crash at any step of %s', (_what, testCase) => {
  it('leaves the old or the new version, and the next write removes leftovers', async () => {
    const seen = new Set<string>()
    const { steps } = await dieAtEachStep(testCase, async (directory) => {
      const visible = await readTarget(directory, target)
      expect([testCase.before, testCase.after]).toContainEqual(visible)
      seen.add(isDeepStrictEqual(visible, testCase.after) ? 'new' : 'old')

      const writer = await FileSecretWriter.open({ directory, digester, disk: unflushedDisk })
      const observed = await writer.observe(target, { signal })
      expect(observed?.metadataDrifted ?? false).toBe(false)
      expect(observed !== undefined).toBe(visible !== undefined)
      await writer.apply(observed ? patch(observed) : create, { signal })
      // A second write, which removes the version of the first.
      const again = there(await writer.observe(target, { signal }))
      const record = recordFor(digester, target, { a: 'x' })
      const last = there(
        await writer.apply(patchOf(again, owner, record, { set: { a: 'x' }, remove: ['b', 'fresh'] }), { signal }),
      )
      const entries = await readdir(join(directory, target.namespace, target.name))
      expect(entries.toSorted()).toEqual(['..data', last.resourceVersion, 'a'].toSorted())
    })
    expect(steps).toBeGreaterThan(5)
    expect(seen).toEqual(new Set(['old', 'new']))
  })
})
