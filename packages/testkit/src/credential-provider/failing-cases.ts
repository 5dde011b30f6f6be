/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { expect } from 'vitest'
import type { ContractCase } from '../contract-case.ts'
import type { CredentialProviderAbility } from './credential-provider-harness.ts'
import type { CredentialProviderCaseContext } from './credential-provider-case-context.ts'

type Case = ContractCase<CredentialProviderCaseContext, CredentialProviderAbility>

/** Longer than any pause after a failure. */
const HOURS = 2 * 3_600_000

/** How a provider fails, and how it ends. */
export const failingCases: readonly Case[] = [
  {
    rule: 'says Unauthenticated when its source gives it nothing, and falls back to nobody',
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
    rule: 'says Unavailable or Timeout when its source cannot be reached',
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
    rule: 'never gives an expired credential, however long its source is gone',
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
    rule: 'says Cancelled when the caller has given up before, and asks nobody',
    check: async (context) => {
      const provider = await context.open()
      const error = await context.expectAsks(0, () => context.failure(provider, AbortSignal.abort()))
      expect(error.code).toBe('Cancelled')
      await context.credential(provider)
    },
  },
  {
    rule: 'says Cancelled to the one who gives up, and serves those who wait on',
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
      // One who has it at once has nothing left to give up.
      if (first.status === 'rejected') expect(first.reason).toMatchObject({ code: 'Cancelled' })
      for (const { status } of others) expect(status).toBe('fulfilled')
    },
  },
  {
    rule: 'says Cancelled at once to one who gives up on a source that is silent',
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
    rule: 'can be closed twice, and before it was ever asked',
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
    rule: 'asks nobody any more when it is closed',
    needs: ['count'],
    check: async (context) => {
      const provider = await context.open()
      await provider.close()
      const error = await context.expectAsks(0, () => context.failure(provider))
      expect(error.code).toBe('Cancelled')
    },
  },
  {
    rule: 'says Cancelled to those who wait for a silent source when it is closed',
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
    rule: 'closes for itself alone: another provider of the same identity goes on',
    check: async (context) => {
      const [one, two] = [await context.open(), await context.open()]
      await context.credential(one)
      await one.close()
      await context.credential(two)
    },
  },
]
