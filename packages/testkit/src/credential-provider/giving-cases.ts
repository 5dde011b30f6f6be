/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { expect } from 'vitest'
import { type ContractCase, contractCase } from '../contract-case.ts'
import type { CredentialProviderAbility } from './credential-provider-harness.ts'
import type { CredentialProviderCaseContext } from './credential-provider-case-context.ts'

type Case = ContractCase<CredentialProviderCaseContext, CredentialProviderAbility>

/** Results of a provider without faults. */
export const givingCases: readonly Case[] = [
  contractCase('knows its identity before it has a credential, without a request', async (context) => {
    const { kind, fingerprint, description, account } = await context.expectAsks(
      0,
      async () => (await context.open()).identity,
    )
    for (const text of [kind, fingerprint, description, account]) expect(text.trim()).not.toBe('')
    expect(kind, 'kind').toMatch(/^[a-z][a-z0-9-]*$/)
    expect(description, 'one line').not.toMatch(/[\r\n]/)
  }),
  contractCase('has the same stable fingerprint as another provider of the same identity', async (context) => {
    const [one, two] = [await context.open(), await context.open()]
    const before = { ...one.identity }
    await context.credential(one)
    expect(one.identity).toEqual(before)
    expect(two.identity.fingerprint).toBe(before.fingerprint)
  }),
  contractCase('has a different fingerprint than another identity', ['another'], async (context) => {
    const other = await context.open({ identity: 'another' })
    expect(other.identity.fingerprint).not.toBe((await context.open()).identity.fingerprint)
  }),
  contractCase('returns a complete, valid credential with wrapped secrets', async (context) => {
    const credential = await context.credential(await context.open())
    expect(credential.accessKeyId).toMatch(/./)
    expect(credential.accessKeySecret.expose()).toMatch(/./)
    expect(String(credential.accessKeySecret)).toBe('[sensitive]')
    if (credential.securityToken !== undefined) expect(String(credential.securityToken)).toBe('[sensitive]')
    expect(Object.values(credential)).not.toContain(credential.accessKeySecret.expose())
  }),
  contractCase('returns the same credential while it is valid, after one request', async (context) => {
    const provider = await context.open()
    const first = await context.credential(provider)
    await context.expectAsks(0, async () => {
      for (let times = 0; times < 5; times += 1) expect(await context.credential(provider)).toBe(first)
    })
  }),
  contractCase('sends one request for many concurrent callers', ['count'], async (context) => {
    const provider = await context.open()
    const given = await context.expectAsks(1, () =>
      Promise.all(Array.from({ length: 50 }, () => context.credential(provider))),
    )
    expect(new Set(given).size).toBe(1)
  }),
  contractCase('returns another credential after one was refused, after one request', ['renew'], async (context) => {
    const provider = await context.open()
    const refused = await context.credential(provider)
    provider.invalidate(refused)
    provider.invalidate(refused)
    const next = await context.expectAsks(1, () => context.credential(provider))
    expect(next.accessKeyId).not.toBe(refused.accessKeyId)
  }),
  contractCase('ignores the refusal of a credential that was already replaced', ['renew'], async (context) => {
    const provider = await context.open()
    const former = await context.credential(provider)
    provider.invalidate(former)
    const current = await context.credential(provider)
    provider.invalidate(former)
    await context.expectAsks(0, async () => expect(await context.credential(provider)).toBe(current))
  }),
  contractCase('replaces a credential before it expires', ['expire', 'renew'], async (context) => {
    const provider = await context.open()
    const first = await context.credential(provider)
    const { expiresAtMs } = first
    if (expiresAtMs === undefined) throw new Error('has an expiry if credentials of the source can expire')
    await context.harness.passTime?.(365 * 86_400_000)
    expect(await context.credential(provider)).not.toBe(first)
  }),
]
