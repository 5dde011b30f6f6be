/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { expect } from 'vitest'
import type { ContractCase } from '../contract-case.ts'
import type { CredentialProviderAbility } from './credential-provider-harness.ts'
import type { CredentialProviderCaseContext } from './credential-provider-case-context.ts'

type Case = ContractCase<CredentialProviderCaseContext, CredentialProviderAbility>

/** Longer than any backoff pause. */
const HOURS = 2 * 3_600_000

/** Failures and closing of a provider. */
export const failingCases: readonly Case[] = [
  {
    rule: 'fails with Unauthenticated when its source refuses it, without another identity',
    needs: ['refuse'],
    check: async (context) => {
      const refused = await context.open({ identity: 'refused' })
      const error = await context.failure(refused)
      expect(error.code).toBe('Unauthenticated')
      await context.credential(await context.open())
      expect((await context.failure(refused)).code).toBe('Unauthenticated')
    },
  },
  {
    rule: 'fails with Unavailable or Timeout when its source is unreachable',
    needs: ['outage'],
    check: async (context) => {
      const provider = await context.open()
      await context.harness.play?.('outage')
      expect(['Unavailable', 'Timeout']).toContain((await context.failure(provider)).code)
    },
  },
  {
    rule: 'recovers with its source',
    needs: ['outage', 'expire'],
    check: async (context) => {
      const provider = await context.open()
      await context.harness.play?.('outage')
      await context.failure(provider)
      await context.harness.recover?.()
      await context.harness.passTime?.(HOURS)
      await context.credential(provider)
    },
  },
  {
    rule: 'never returns an expired credential during an outage of its source',
    needs: ['outage', 'expire'],
    check: async (context) => {
      const provider = await context.open()
      await context.credential(provider)
      await context.harness.play?.('outage')
      await context.harness.passTime?.(365 * 86_400_000)
      expect(['Unavailable', 'Timeout']).toContain((await context.failure(provider)).code)
    },
  },
  {
    rule: 'fails with Cancelled without a request if the signal is already aborted',
    check: async (context) => {
      const provider = await context.open()
      const error = await context.expectAsks(0, () => context.failure(provider, AbortSignal.abort()))
      expect(error.code).toBe('Cancelled')
      await context.credential(provider)
    },
  },
  {
    rule: 'fails with Cancelled for an aborted caller and serves the others',
    check: async (context) => {
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
    },
  },
  {
    rule: 'fails with Cancelled at once when a caller aborts while the source does not respond',
    needs: ['hang'],
    check: async (context) => {
      const provider = await context.open()
      await context.harness.play?.('hang')
      const stop = new AbortController()
      const failing = context.failure(provider, stop.signal)
      stop.abort()
      expect((await failing).code).toBe('Cancelled')
    },
  },
  {
    rule: 'can be closed twice, and before its first use',
    check: async (context) => {
      const unused = await context.open()
      await unused.close()
      const provider = await context.open()
      await context.credential(provider)
      await provider.close()
      await provider.close()
    },
  },
  {
    rule: 'sends no request after it is closed',
    needs: ['count'],
    check: async (context) => {
      const provider = await context.open()
      await provider.close()
      const error = await context.expectAsks(0, () => context.failure(provider))
      expect(error.code).toBe('Cancelled')
    },
  },
  {
    rule: 'fails waiting callers with Cancelled when it is closed',
    needs: ['hang'],
    check: async (context) => {
      const provider = await context.open()
      await context.harness.play?.('hang')
      const failing = context.failure(provider)
      await provider.close()
      expect((await failing).code).toBe('Cancelled')
    },
  },
  {
    rule: 'closes only itself: another provider of the same identity continues',
    check: async (context) => {
      const [one, two] = [await context.open(), await context.open()]
      await context.credential(one)
      await one.close()
      await context.credential(two)
    },
  },
]
