/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { expect } from 'vitest'
import type { ContractCase } from '../contract-case.ts'
import type { BackendAbility } from './backend-harness.ts'
import type { BackendTrial } from './backend-trial.ts'

type Case = ContractCase<BackendTrial, BackendAbility>

/** What a read gives. */
export const readingCases: readonly Case[] = [
  {
    rule: 'gives a text byte for byte, with what is known of it',
    check: async (trial) => {
      const { name, text } = await trial.put(`${trial.newText()} ä€😀 \t line\n`)
      const value = await trial.read(await trial.open(), { name })
      expect(Buffer.from(value.bytes.expose()).equals(Buffer.from(text)), 'same bytes').toBe(true)
      expect(value.bytes.expose()).toBeInstanceOf(Uint8Array)
      expect(value.dataType).toBe('text')
      expect(value.versionId).toMatch(/./)
      expect(value.type).toMatch(/./)
      expect(Array.isArray(value.versionStages)).toBe(true)
    },
  },
  {
    rule: 'gives a binary value byte for byte',
    needs: ['binary'],
    check: async (trial) => {
      const name = trial.newName()
      const binary = Uint8Array.from({ length: 256 }, (_none, index) => 255 - index)
      await trial.harness.put(name, { binary })
      const value = await trial.read(await trial.open(), { name })
      expect([...value.bytes.expose()]).toEqual([...binary])
      expect(value.dataType).toBe('binary')
    },
  },
  {
    rule: 'gives 4,000 bytes as well as one',
    check: async (trial) => {
      const backend = await trial.open()
      for (const text of ['x', 'äx€'.repeat(666)]) {
        const { name } = await trial.put(text)
        expect((await trial.textOf(backend, { name })) === text, `${text.length} characters`).toBe(true)
      }
    },
  },
  {
    rule: 'reads ACSCurrent when no stage is named',
    check: async (trial) => {
      const { name, text } = await trial.put()
      const backend = await trial.open()
      expect(await trial.textOf(backend, { name, versionStage: 'ACSCurrent' })).toBe(text)
    },
  },
  {
    rule: 'gives the same version id until the value changes, then another one with the new value',
    check: async (trial) => {
      const { name } = await trial.put()
      const backend = await trial.open()
      const first = await trial.read(backend, { name })
      expect((await trial.read(backend, { name })).versionId).toBe(first.versionId)
      const text = trial.newText()
      await trial.harness.put(name, { text })
      expect((await trial.read(backend, { name })).versionId).not.toBe(first.versionId)
      expect(await trial.textOf(backend, { name })).toBe(text)
    },
  },
  {
    rule: 'reads the former version by its stage',
    needs: ['stages'],
    check: async (trial) => {
      const { name, text } = await trial.put()
      await trial.harness.put(name, { text: trial.newText() })
      expect(await trial.textOf(await trial.open(), { name, versionStage: 'ACSPrevious' })).toBe(text)
    },
  },
  {
    rule: 'reads a former version by its id, which beats the stage',
    needs: ['versions'],
    check: async (trial) => {
      const { name, text } = await trial.put()
      const backend = await trial.open()
      const { versionId } = await trial.read(backend, { name })
      await trial.harness.put(name, { text: trial.newText() })
      expect(await trial.textOf(backend, { name, versionId })).toBe(text)
      expect(await trial.textOf(backend, { name, versionId, versionStage: 'ACSCurrent' })).toBe(text)
    },
  },
  {
    rule: 'asks once for one read, and keeps nothing for the next',
    needs: ['count'],
    check: async (trial) => {
      const { name } = await trial.put()
      const backend = await trial.open()
      await trial.expectReads(1, () => trial.read(backend, { name }))
      await trial.expectReads(1, () => trial.read(backend, { name }))
    },
  },
  {
    rule: 'gives each of many reads at once its own value',
    check: async (trial) => {
      const secrets = []
      for (let made = 0; made < 20; made += 1) secrets.push(await trial.put())
      const backend = await trial.open()
      const asked = [...secrets, ...secrets.toReversed()]
      const texts = await Promise.all(asked.map(({ name }) => trial.textOf(backend, { name })))
      expect(texts).toEqual(asked.map(({ text }) => text))
    },
  },
  {
    rule: 'shows no value in a log line, in JSON or to a debugger',
    check: async (trial) => {
      const { name } = await trial.put()
      const value = await trial.read(await trial.open(), { name })
      expect(trial.seenOf(value)).toContain('[sensitive]')
    },
  },
  {
    rule: 'tells whether it may read, without reading',
    needs: ['checkAccess', 'count', 'deny'],
    check: async (trial) => {
      const { name } = await trial.put()
      const backend = await trial.open()
      const signal = new AbortController().signal
      const check = backend.checkAccess?.bind(backend)
      if (check === undefined) throw new Error('checkAccess: the backend has no such method')
      await trial.expectReads(0, async () => expect(await check({ name }, { signal })).toEqual({ allowed: true }))
      await trial.harness.deny?.(name)
      await trial.expectReads(0, async () =>
        expect(await check({ name }, { signal })).toMatchObject({ allowed: false }),
      )
    },
  },
]
