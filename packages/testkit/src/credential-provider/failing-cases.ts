/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { expect } from 'vitest'
import type { ContractCase } from '../contract-case.ts'
import type { CredentialProviderAbility } from './credential-provider-harness.ts'
import type { CredentialProviderTrial } from './credential-provider-trial.ts'

type Case = ContractCase<CredentialProviderTrial, CredentialProviderAbility>

/** Longer than any pause after a failure. */
const HOURS = 2 * 3_600_000

/** How a provider fails, and how it ends. */
export const failingCases: readonly Case[] = [
  {
    rule: 'says Unauthenticated when its source gives it nothing, and falls back to nobody',
    needs: ['refuse'],
    check: async (trial) => {
      const refused = await trial.open({ identity: 'refused' })
      const error = await trial.failure(refused)
      expect(error.code).toBe('Unauthenticated')
      await trial.credential(await trial.open())
      expect((await trial.failure(refused)).code).toBe('Unauthenticated')
    },
  },
  {
    rule: 'says Unavailable or Timeout when its source cannot be reached',
    needs: ['outage'],
    check: async (trial) => {
      const provider = await trial.open()
      await trial.harness.play?.('outage')
      expect(['Unavailable', 'Timeout']).toContain((await trial.failure(provider)).code)
    },
  },
  {
    rule: 'recovers with its source',
    needs: ['outage', 'expire'],
    check: async (trial) => {
      const provider = await trial.open()
      await trial.harness.play?.('outage')
      await trial.failure(provider)
      await trial.harness.recover?.()
      await trial.harness.passTime?.(HOURS)
      await trial.credential(provider)
    },
  },
  {
    rule: 'never gives an expired credential, however long its source is gone',
    needs: ['outage', 'expire'],
    check: async (trial) => {
      const provider = await trial.open()
      await trial.credential(provider)
      await trial.harness.play?.('outage')
      await trial.harness.passTime?.(365 * 86_400_000)
      expect(['Unavailable', 'Timeout']).toContain((await trial.failure(provider)).code)
    },
  },
  {
    rule: 'says Cancelled when the caller has given up before, and asks nobody',
    check: async (trial) => {
      const provider = await trial.open()
      const error = await trial.expectAsks(0, () => trial.failure(provider, AbortSignal.abort()))
      expect(error.code).toBe('Cancelled')
      await trial.credential(provider)
    },
  },
  {
    rule: 'says Cancelled to the one who gives up, and serves those who wait on',
    check: async (trial) => {
      const provider = await trial.open()
      const stop = new AbortController()
      const outcomes = Promise.allSettled([
        provider.credential({ signal: stop.signal }),
        trial.credential(provider),
        trial.credential(provider),
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
    check: async (trial) => {
      const provider = await trial.open()
      await trial.harness.play?.('hang')
      const stop = new AbortController()
      const failing = trial.failure(provider, stop.signal)
      stop.abort()
      expect((await failing).code).toBe('Cancelled')
    },
  },
  {
    rule: 'can be closed twice, and before it was ever asked',
    check: async (trial) => {
      const unused = await trial.open()
      await unused.close()
      const provider = await trial.open()
      await trial.credential(provider)
      await provider.close()
      await provider.close()
    },
  },
  {
    rule: 'asks nobody any more when it is closed',
    needs: ['count'],
    check: async (trial) => {
      const provider = await trial.open()
      await provider.close()
      const error = await trial.expectAsks(0, () => trial.failure(provider))
      expect(error.code).toBe('Cancelled')
    },
  },
  {
    rule: 'says Cancelled to those who wait for a silent source when it is closed',
    needs: ['hang'],
    check: async (trial) => {
      const provider = await trial.open()
      await trial.harness.play?.('hang')
      const failing = trial.failure(provider)
      await provider.close()
      expect((await failing).code).toBe('Cancelled')
    },
  },
  {
    rule: 'closes for itself alone: another provider of the same identity goes on',
    check: async (trial) => {
      const [one, two] = [await trial.open(), await trial.open()]
      await trial.credential(one)
      await one.close()
      await trial.credential(two)
    },
  },
]
