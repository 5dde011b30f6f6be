/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { expect } from 'vitest'
import { type ContractCase, contractCase } from '../contract-case.ts'
import type { CredentialProviderAbility } from './credential-provider-harness.ts'
import type { CredentialProviderCaseContext } from './credential-provider-case-context.ts'

type Case = ContractCase<CredentialProviderCaseContext, CredentialProviderAbility>

/** Longer than any backoff pause. */
const HOURS = 2 * 3_600_000

/** Failures and closing of a provider. */
export const failingCases: readonly Case[] = [
  contractCase(
    'fails with Unauthenticated when its source refuses it, without another identity',
    ['refuse'],
    async (context) => {
      const refused = await context.open({ identity: 'refused' })
      const error = await context.failure(refused)
      expect(error.code).toBe('Unauthenticated')
      await context.credential(await context.open())
      expect((await context.failure(refused)).code).toBe('Unauthenticated')
    },
  ),
  contractCase('fails with Unavailable or Timeout when its source is unreachable', ['outage'], async (context) => {
    const provider = await context.open()
    await context.harness.play?.('outage')
    expect(['Unavailable', 'Timeout']).toContain((await context.failure(provider)).code)
  }),
  contractCase('recovers with its source', ['outage', 'expire'], async (context) => {
    const provider = await context.open()
    await context.harness.play?.('outage')
    await context.failure(provider)
    await context.harness.recover?.()
    await context.harness.passTime?.(HOURS)
    await context.credential(provider)
  }),
  contractCase(
    'never returns an expired credential during an outage of its source',
    ['outage', 'expire'],
    async (context) => {
      const provider = await context.open()
      await context.credential(provider)
      await context.harness.play?.('outage')
      await context.harness.passTime?.(365 * 86_400_000)
      expect(['Unavailable', 'Timeout']).toContain((await context.failure(provider)).code)
    },
  ),
  contractCase('fails with Cancelled without a request if the signal is already aborted', async (context) => {
    const provider = await context.open()
    const error = await context.expectAsks(0, () => context.failure(provider, AbortSignal.abort()))
    expect(error.code).toBe('Cancelled')
    await context.credential(provider)
  }),
  contractCase('fails with Cancelled for an aborted caller and serves the others', async (context) => {
    const provider = await context.open()
    const stop = new AbortController()
    const outcomes = Promise.allSettled([
      provider.credential({ signal: stop.signal }),
      context.credential(provider),
      context.credential(provider),
    ])
    stop.abort()
    const [first, ...others] = await outcomes
    // A caller with a cached credential has nothing to cancel.
    if (first.status === 'rejected') expect(first.reason).toMatchObject({ code: 'Cancelled' })
    for (const { status } of others) expect(status).toBe('fulfilled')
  }),
  contractCase(
    'fails with Cancelled at once when a caller aborts while the source does not respond',
    ['hang'],
    async (context) => {
      const provider = await context.open()
      await context.harness.play?.('hang')
      const stop = new AbortController()
      const failing = context.failure(provider, stop.signal)
      stop.abort()
      expect((await failing).code).toBe('Cancelled')
    },
  ),
  contractCase('can be closed twice, and before its first use', async (context) => {
    const unused = await context.open()
    await unused.close()
    const provider = await context.open()
    await context.credential(provider)
    await provider.close()
    await provider.close()
  }),
  contractCase('sends no request after it is closed', ['count'], async (context) => {
    const provider = await context.open()
    await provider.close()
    const error = await context.expectAsks(0, () => context.failure(provider))
    expect(error.code).toBe('Cancelled')
  }),
  contractCase('fails waiting callers with Cancelled when it is closed', ['hang'], async (context) => {
    const provider = await context.open()
    await context.harness.play?.('hang')
    const failing = context.failure(provider)
    await provider.close()
    expect((await failing).code).toBe('Cancelled')
  }),
  contractCase('closes only itself: another provider of the same identity continues', async (context) => {
    const [one, two] = [await context.open(), await context.open()]
    await context.credential(one)
    await one.close()
    await context.credential(two)
  }),
]
