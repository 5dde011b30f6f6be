/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { getEventListeners } from 'node:events'
import { expect } from 'vitest'
import type { ContractCase } from '../contract-case.ts'
import type { BackendAbility } from './backend-harness.ts'
import type { BackendTrial } from './backend-trial.ts'

type Case = ContractCase<BackendTrial, BackendAbility>

/** How a read ends that nobody wants any more, and how the backend ends. */
export const endingCases: readonly Case[] = [
  {
    rule: 'says Cancelled when the caller has given up before, and asks nobody',
    check: async (trial) => {
      const { name, text } = await trial.put()
      const backend = await trial.open()
      const error = await trial.expectReads(0, () => trial.failure(backend, { name }, AbortSignal.abort()))
      expect(error.code).toBe('Cancelled')
      expect(await trial.textOf(backend, { name })).toBe(text)
    },
  },
  {
    rule: 'says Cancelled at once when the caller gives up on a read under way',
    needs: ['hang'],
    check: async (trial) => {
      const { name } = await trial.put()
      const other = await trial.put()
      const backend = await trial.open()
      await trial.play('hang', name)
      const stop = new AbortController()
      const failing = trial.failure(backend, { name }, stop.signal)
      // It has left by the time that another one is answered.
      expect(await trial.textOf(backend, other)).toBe(other.text)
      stop.abort()
      expect((await failing).code).toBe('Cancelled')
    },
  },
  {
    rule: 'finishes the reads of the others when one caller gives up',
    needs: ['hang'],
    check: async (trial) => {
      const { name } = await trial.put()
      const other = await trial.put()
      const backend = await trial.open()
      await trial.play('hang', name)
      const stop = new AbortController()
      const failing = trial.failure(backend, { name }, stop.signal)
      const reading = trial.textOf(backend, other)
      stop.abort()
      expect(await reading).toBe(other.text)
      expect((await failing).code).toBe('Cancelled')
    },
  },
  {
    rule: 'leaves nothing behind on the signal of its caller',
    check: async (trial) => {
      const { name } = await trial.put()
      const backend = await trial.open()
      const { signal } = new AbortController()
      await trial.read(backend, { name }, signal)
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    },
  },
  {
    rule: 'can be closed twice; reads are Cancelled from then on, and ask nobody',
    check: async (trial) => {
      const { name } = await trial.put()
      const backend = await trial.open()
      await trial.read(backend, { name })
      await backend.close()
      await backend.close()
      const error = await trial.expectReads(0, () => trial.failure(backend, { name }))
      expect(error.code).toBe('Cancelled')
    },
  },
  {
    rule: 'can be closed before the first read',
    check: async (trial) => {
      const { name } = await trial.put()
      const backend = await trial.open()
      await backend.close()
      expect((await trial.failure(backend, { name })).code).toBe('Cancelled')
    },
  },
  {
    rule: 'says Cancelled to reads under way when it is closed',
    needs: ['hang'],
    check: async (trial) => {
      const { name } = await trial.put()
      const other = await trial.put()
      const backend = await trial.open()
      await trial.play('hang', name)
      const failing = trial.failure(backend, { name })
      await trial.textOf(backend, other)
      await backend.close()
      expect((await failing).code).toBe('Cancelled')
    },
  },
  {
    rule: 'closes for itself alone: another backend for the same place goes on',
    check: async (trial) => {
      const { name, text } = await trial.put()
      const [one, two] = [await trial.open(), await trial.open()]
      await trial.read(one, { name })
      await trial.read(two, { name })
      await one.close()
      expect(await trial.textOf(two, { name })).toBe(text)
    },
  },
]
