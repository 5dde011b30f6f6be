/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { expect } from 'vitest'
import { type ContractCase, contractCase } from '../contract-case.ts'
import type { BackendAbility } from './backend-harness.ts'
import type { BackendCaseContext } from './backend-case-context.ts'

type Case = ContractCase<BackendCaseContext, BackendAbility>

/** Results of reads. */
export const readingCases: readonly Case[] = [
  contractCase('returns a text unchanged, with its metadata', async (context) => {
    const { name, text } = await context.put(`${context.newText()} ä€😀 \t line\n`)
    const value = await context.read(await context.open(), { name })
    expect(Buffer.from(value.bytes.expose()).equals(Buffer.from(text)), 'same bytes').toBe(true)
    expect(value.bytes.expose()).toBeInstanceOf(Uint8Array)
    expect(value.dataType).toBe('text')
    expect(value.versionId).toMatch(/./)
    expect(value.type).toMatch(/./)
    expect(Array.isArray(value.versionStages)).toBe(true)
  }),
  contractCase('returns a binary value unchanged', ['binary'], async (context) => {
    const name = context.newName()
    const binary = Uint8Array.from({ length: 256 }, (_none, index) => 255 - index)
    await context.harness.put(name, { binary })
    const value = await context.read(await context.open(), { name })
    expect([...value.bytes.expose()]).toEqual([...binary])
    expect(value.dataType).toBe('binary')
  }),
  contractCase('returns values of one byte and of 4,000 bytes', async (context) => {
    const backend = await context.open()
    for (const text of ['x', 'äx€'.repeat(666)]) {
      const { name } = await context.put(text)
      expect((await context.textOf(backend, { name })) === text, `${text.length} characters`).toBe(true)
    }
  }),
  contractCase('reads ACSCurrent by default', async (context) => {
    const { name, text } = await context.put()
    const backend = await context.open()
    expect(await context.textOf(backend, { name, versionStage: 'ACSCurrent' })).toBe(text)
  }),
  contractCase('returns the same version id until the value changes', async (context) => {
    const { name } = await context.put()
    const backend = await context.open()
    const first = await context.read(backend, { name })
    expect((await context.read(backend, { name })).versionId).toBe(first.versionId)
    const text = context.newText()
    await context.harness.put(name, { text })
    expect((await context.read(backend, { name })).versionId).not.toBe(first.versionId)
    expect(await context.textOf(backend, { name })).toBe(text)
  }),
  contractCase('reads the previous version by its stage', ['stages'], async (context) => {
    const { name, text } = await context.put()
    await context.harness.put(name, { text: context.newText() })
    expect(await context.textOf(await context.open(), { name, versionStage: 'ACSPrevious' })).toBe(text)
  }),
  contractCase(
    'reads a previous version by its id, which takes precedence over the stage',
    ['versions'],
    async (context) => {
      const { name, text } = await context.put()
      const backend = await context.open()
      const { versionId } = await context.read(backend, { name })
      await context.harness.put(name, { text: context.newText() })
      expect(await context.textOf(backend, { name, versionId })).toBe(text)
      expect(await context.textOf(backend, { name, versionId, versionStage: 'ACSCurrent' })).toBe(text)
    },
  ),
  contractCase('sends one request per read and caches nothing', ['count'], async (context) => {
    const { name } = await context.put()
    const backend = await context.open()
    await context.expectReads(1, () => context.read(backend, { name }))
    await context.expectReads(1, () => context.read(backend, { name }))
  }),
  contractCase('returns the correct value to each of many concurrent reads', async (context) => {
    const secrets = []
    for (let made = 0; made < 20; made += 1) secrets.push(await context.put())
    const backend = await context.open()
    const asked = [...secrets, ...secrets.toReversed()]
    const texts = await Promise.all(asked.map(({ name }) => context.textOf(backend, { name })))
    expect(texts).toEqual(asked.map(({ text }) => text))
  }),
  contractCase('shows no value in a log line, in JSON or in a debugger', async (context) => {
    const { name } = await context.put()
    const value = await context.read(await context.open(), { name })
    expect(context.visibleTextOf(value)).toContain('[sensitive]')
  }),
  contractCase('checks access without a read', ['checkAccess', 'count', 'deny'], async (context) => {
    const { name } = await context.put()
    const backend = await context.open()
    const signal = new AbortController().signal
    const check = backend.checkAccess?.bind(backend)
    if (check === undefined) throw new Error('checkAccess: the backend has no such method')
    await context.expectReads(0, async () => expect(await check({ name }, { signal })).toEqual({ allowed: true }))
    await context.harness.deny?.(name)
    await context.expectReads(0, async () =>
      expect(await check({ name }, { signal })).toMatchObject({ allowed: false }),
    )
  }),
]
