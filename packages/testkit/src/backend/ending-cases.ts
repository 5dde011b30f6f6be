/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { getEventListeners } from 'node:events'
import { expect } from 'vitest'
import { type ContractCase, contractCase } from '../contract-case.ts'
import type { BackendAbility } from './backend-harness.ts'
import type { BackendCaseContext } from './backend-case-context.ts'

type Case = ContractCase<BackendCaseContext, BackendAbility>

/** Cancellation of reads, and closing. */
export const endingCases: readonly Case[] = [
  contractCase('fails with Cancelled without a request if the signal is already aborted', async (context) => {
    const { name, text } = await context.put()
    const backend = await context.open()
    const error = await context.expectReads(0, () => context.failure(backend, { name }, AbortSignal.abort()))
    expect(error.code).toBe('Cancelled')
    expect(await context.textOf(backend, { name })).toBe(text)
  }),
  contractCase('fails with Cancelled at once when the signal aborts during a read', ['hang'], async (context) => {
    const { name } = await context.put()
    const other = await context.put()
    const backend = await context.open()
    await context.play('hang', name)
    const stop = new AbortController()
    const failing = context.failure(backend, { name }, stop.signal)
    // The request was sent before another one got its response.
    expect(await context.textOf(backend, other)).toBe(other.text)
    stop.abort()
    expect((await failing).code).toBe('Cancelled')
  }),
  contractCase('finishes the reads of other callers when one signal aborts', ['hang'], async (context) => {
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
  }),
  contractCase('leaves no listener on the signal of the caller', async (context) => {
    const { name } = await context.put()
    const backend = await context.open()
    const { signal } = new AbortController()
    await context.read(backend, { name }, signal)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  }),
  contractCase('can be closed twice; later reads fail with Cancelled and send no request', async (context) => {
    const { name } = await context.put()
    const backend = await context.open()
    await context.read(backend, { name })
    await backend.close()
    await backend.close()
    const error = await context.expectReads(0, () => context.failure(backend, { name }))
    expect(error.code).toBe('Cancelled')
  }),
  contractCase('can be closed before the first read', async (context) => {
    const { name } = await context.put()
    const backend = await context.open()
    await backend.close()
    expect((await context.failure(backend, { name })).code).toBe('Cancelled')
  }),
  contractCase('fails pending reads with Cancelled when it is closed', ['hang'], async (context) => {
    const { name } = await context.put()
    const other = await context.put()
    const backend = await context.open()
    await context.play('hang', name)
    const failing = context.failure(backend, { name })
    await context.textOf(backend, other)
    await backend.close()
    expect((await failing).code).toBe('Cancelled')
  }),
  contractCase('closes only itself: another backend of the same manager continues', async (context) => {
    const { name, text } = await context.put()
    const [one, two] = [await context.open(), await context.open()]
    await context.read(one, { name })
    await context.read(two, { name })
    await one.close()
    expect(await context.textOf(two, { name })).toBe(text)
  }),
]
