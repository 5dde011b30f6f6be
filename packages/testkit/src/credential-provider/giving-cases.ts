/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { expect } from 'vitest'
import type { ContractCase } from '../contract-case.ts'
import type { CredentialProviderAbility } from './credential-provider-harness.ts'
import type { CredentialProviderTrial } from './credential-provider-trial.ts'

type Case = ContractCase<CredentialProviderTrial, CredentialProviderAbility>

/** What a provider gives while all is well. */
export const givingCases: readonly Case[] = [
  {
    rule: 'says who it is before it has a credential, and asks nobody for that',
    check: async (trial) => {
      const { kind, fingerprint, description, account } = await trial.expectAsks(
        0,
        async () => (await trial.open()).identity,
      )
      for (const text of [kind, fingerprint, description, account]) expect(text.trim()).not.toBe('')
      expect(kind, 'kind').toMatch(/^[a-z][a-z0-9-]*$/)
      expect(description, 'one line').not.toMatch(/[\r\n]/)
    },
  },
  {
    rule: 'has the fingerprint of another provider of the same identity, and stays the same',
    check: async (trial) => {
      const [one, two] = [await trial.open(), await trial.open()]
      const before = { ...one.identity }
      await trial.credential(one)
      expect(one.identity).toEqual(before)
      expect(two.identity.fingerprint).toBe(before.fingerprint)
    },
  },
  {
    rule: 'has another fingerprint than somebody else',
    needs: ['another'],
    check: async (trial) => {
      const other = await trial.open({ identity: 'another' })
      expect(other.identity.fingerprint).not.toBe((await trial.open()).identity.fingerprint)
    },
  },
  {
    rule: 'gives a whole credential that is valid now, its secrets wrapped',
    check: async (trial) => {
      const credential = await trial.credential(await trial.open())
      expect(credential.accessKeyId).toMatch(/./)
      expect(credential.accessKeySecret.expose()).toMatch(/./)
      expect(String(credential.accessKeySecret)).toBe('[sensitive]')
      if (credential.securityToken !== undefined) expect(String(credential.securityToken)).toBe('[sensitive]')
      expect(Object.values(credential)).not.toContain(credential.accessKeySecret.expose())
    },
  },
  {
    rule: 'gives the same credential while it is good, and asks its source once for it',
    check: async (trial) => {
      const provider = await trial.open()
      const first = await trial.credential(provider)
      await trial.expectAsks(0, async () => {
        for (let times = 0; times < 5; times += 1) expect(await trial.credential(provider)).toBe(first)
      })
    },
  },
  {
    rule: 'asks its source once for many who ask at once',
    needs: ['count'],
    check: async (trial) => {
      const provider = await trial.open()
      const given = await trial.expectAsks(1, () =>
        Promise.all(Array.from({ length: 50 }, () => trial.credential(provider))),
      )
      expect(new Set(given).size).toBe(1)
    },
  },
  {
    rule: 'gives another credential after one was refused, and asks once for it',
    needs: ['renew'],
    check: async (trial) => {
      const provider = await trial.open()
      const refused = await trial.credential(provider)
      provider.invalidate(refused)
      provider.invalidate(refused)
      const next = await trial.expectAsks(1, () => trial.credential(provider))
      expect(next.accessKeyId).not.toBe(refused.accessKeyId)
    },
  },
  {
    rule: 'takes no notice when a credential is refused that has been replaced already',
    needs: ['renew'],
    check: async (trial) => {
      const provider = await trial.open()
      const former = await trial.credential(provider)
      provider.invalidate(former)
      const current = await trial.credential(provider)
      provider.invalidate(former)
      await trial.expectAsks(0, async () => expect(await trial.credential(provider)).toBe(current))
    },
  },
  {
    rule: 'has replaced a credential before it expires',
    needs: ['expire', 'renew'],
    check: async (trial) => {
      const provider = await trial.open()
      const first = await trial.credential(provider)
      const { expiresAtMs } = first
      if (expiresAtMs === undefined) throw new Error('a credential of a source that can expire tells when')
      await trial.harness.passTime?.(365 * 86_400_000)
      expect(await trial.credential(provider)).not.toBe(first)
    },
  },
]
