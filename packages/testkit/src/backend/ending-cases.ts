/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { getEventListeners } from 'node:events'
import { expect } from 'vitest'
import type { ContractCase } from '../contract-case.ts'
import type { BackendAbility } from './backend-harness.ts'
import type { BackendCaseContext } from './backend-case-context.ts'

type Case = ContractCase<BackendCaseContext, BackendAbility>

/** How a read ends that nobody wants any more, and how the backend ends. */
export const endingCases: readonly Case[] = [
  {
    rule: 'says Cancelled when the caller has given up before, and asks nobody',
    check: async (context) => {
      const { name, text } = await context.put()
      const backend = await context.open()
      const error = await context.expectReads(0, () => context.failure(backend, { name }, AbortSignal.abort()))
      expect(error.code).toBe('Cancelled')
      expect(await context.textOf(backend, { name })).toBe(text)
    },
  },
  {
    rule: 'says Cancelled at once when the caller gives up on a read under way',
    needs: ['hang'],
    check: async (context) => {
      const { name } = await context.put()
      const other = await context.put()
      const backend = await context.open()
      await context.play('hang', name)
      const stop = new AbortController()
      const failing = context.failure(backend, { name }, stop.signal)
      // It has left by the time that another one is answered.
      expect(await context.textOf(backend, other)).toBe(other.text)
      stop.abort()
      expect((await failing).code).toBe('Cancelled')
    },
  },
  {
    rule: 'finishes the reads of the others when one caller gives up',
    needs: ['hang'],
    check: async (context) => {
      const { name } = await context.put()
      const other = await context.put()
      const backend = await context.open()
      await context.play('hang', name)
      const stop = new AbortController()
      const failing = context.failure(backend, { name }, stop.signal)
      const reading = context.textOf(backend, other)
      stop.abort()
      expect(await reading).toBe(other.text)
      expect((await failing).code).toBe('Cancelled')
    },
  },
  {
    rule: 'leaves nothing behind on the signal of its caller',
    check: async (context) => {
      const { name } = await context.put()
      const backend = await context.open()
      const { signal } = new AbortController()
      await context.read(backend, { name }, signal)
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    },
  },
  {
    rule: 'can be closed twice; reads are Cancelled from then on, and ask nobody',
    check: async (context) => {
      const { name } = await context.put()
      const backend = await context.open()
      await context.read(backend, { name })
      await backend.close()
      await backend.close()
      const error = await context.expectReads(0, () => context.failure(backend, { name }))
      expect(error.code).toBe('Cancelled')
    },
  },
  {
    rule: 'can be closed before the first read',
    check: async (context) => {
      const { name } = await context.put()
      const backend = await context.open()
      await backend.close()
      expect((await context.failure(backend, { name })).code).toBe('Cancelled')
    },
  },
  {
    rule: 'says Cancelled to reads under way when it is closed',
    needs: ['hang'],
    check: async (context) => {
      const { name } = await context.put()
      const other = await context.put()
      const backend = await context.open()
      await context.play('hang', name)
      const failing = context.failure(backend, { name })
      await context.textOf(backend, other)
      await backend.close()
      expect((await failing).code).toBe('Cancelled')
    },
  },
  {
    rule: 'closes for itself alone: another backend for the same writerTarget goes on',
    check: async (context) => {
      const { name, text } = await context.put()
      const [one, two] = [await context.open(), await context.open()]
      await context.read(one, { name })
      await context.read(two, { name })
      await one.close()
      expect(await context.textOf(two, { name })).toBe(text)
    },
  },
]
