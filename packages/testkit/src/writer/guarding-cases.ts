/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { expect } from 'vitest'
import { contractCase } from '../contract-case.ts'
import { expectRedacted } from '../redaction.ts'
import { createOf, patchOf, recordFor, there } from './writer-actions.ts'
import { type TargetCase, signal, VALUES, write, type WrittenCase } from './writer-target.ts'

/** Part of a value. */
const CANARY = 'canary~Zx81~value'

/** Concurrent writes and visible values, on new targets. */
export const guardingCases: readonly TargetCase[] = [
  contractCase('lets exactly one of many concurrent creations succeed completely', async ({ harness, target }) => {
    const owner = await harness.owner(`${target.name}-owner`)
    const contents = [1, 2, 3, 4].map((n) => ({ a: `a${n}`, b: `b${n}` }))
    const outcomes = await Promise.allSettled(
      contents.map((values) => harness.writer.apply(createOf(harness, target, owner, values), { signal })),
    )
    const won = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [contents[index]] : []))
    expect(won).toHaveLength(1)
    expect(await harness.read(target)).toEqual(won[0])
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'Conflict' })
    }
  }),
  contractCase('shows no value in observations and errors', async (writerTarget) => {
    const values = { password: `${CANARY}-1` }
    const { harness, target, owner, observed } = await write(writerTarget, values)
    const again = createOf(harness, target, owner, values)
    const record = recordFor(harness.digester, target, values)
    const stale = patchOf({ ...observed, resourceVersion: '1' }, owner, record, { set: { password: `${CANARY}-2` } })
    const failures = await Promise.allSettled([
      harness.writer.apply(again, { signal }),
      harness.writer.apply(stale, { signal }),
      harness.writer.apply(stale, { signal: AbortSignal.abort() }),
    ])
    expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    const inspected = await harness.writer.inspect(target, { signal })
    expectRedacted([observed, inspected, again, ...failures], [CANARY])
  }),
]

/** The same for targets that hold {@link VALUES}. */
export const guardingWrittenCases: readonly WrittenCase[] = [
  contractCase(
    'lets exactly one of many concurrent changes succeed completely',
    async ({ harness, target, owner, observed }) => {
      const contents = [1, 2, 3, 4].map((n) => ({ a: `a${n}`, b: `b${n}` }))
      const outcomes = await Promise.allSettled(
        contents.map((set) => {
          const record = recordFor(harness.digester, target, { ...VALUES, ...set }, { versionId: 'v2' })
          return harness.writer.apply(patchOf(observed, owner, record, { set }), { signal })
        }),
      )
      const won = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [contents[index]] : []))
      expect(won).toHaveLength(1)
      expect(await harness.read(target)).toEqual({ ...VALUES, ...won[0] })
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'Conflict' })
      }
    },
  ),
  contractCase(
    'writes nothing on observe, and nothing on a refusal',
    ['count'],
    async ({ harness, target, observed }) => {
      const before = harness.writes?.()
      await harness.writer.observe(target, { signal })
      await harness.writer.observe(target, { signal, fresh: true })
      await harness.writer.inspect(target, { signal })
      expect([...harness.writer.owned()]).toContainEqual(observed)
      expect(harness.writes?.()).toBe(before)
    },
  ),
  contractCase(
    'can be closed twice, and closes only itself',
    ['another'],
    async ({ harness, target, owner, observed, record }) => {
      const another = await harness.another?.()
      await another?.close()
      await another?.close()
      const change = patchOf(observed, owner, record, { set: { a: '2' } })
      there(await harness.writer.apply(change, { signal }))
      expect(await harness.read(target)).toEqual({ ...VALUES, a: '2' })
    },
  ),
  contractCase(
    'refuses to write after it is closed',
    ['another'],
    async ({ harness, target, owner, observed, record }) => {
      const another = await harness.another?.()
      await another?.close()
      const change = another?.apply(patchOf(observed, owner, record, { set: { a: '2' } }), { signal })
      await expect(change).rejects.toMatchObject({ code: 'Cancelled' })
      expect(await harness.read(target)).toEqual(VALUES)
    },
  ),
  contractCase(
    'refuses a kind of action that it does not know',
    async ({ harness, target, owner, observed, record }) => {
      const action = { ...patchOf(observed, owner, record, { set: { a: '2' } }), kind: 'rename' }
      await expect(harness.writer.apply(action as never, { signal })).rejects.toMatchObject({ code: 'WriteFailed' })
      expect(await harness.read(target)).toEqual(VALUES)
    },
  ),
  contractCase('does not call a removed listener', async ({ harness, target }) => {
    let calls = 0
    const stop = harness.writer.onChange(() => {
      calls += 1
    })
    stop()
    stop()
    await harness.edit(target, 'a', 'eve')
    await harness.writer.observe(target, { signal, fresh: true })
    expect(calls).toBe(0)
  }),
]
