/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import type { SecretBackend } from '@ack-secret-manager/core'
import { expect } from 'vitest'
import { type ContractCase, contractCase } from '../contract-case.ts'
import type { BackendAbility } from './backend-harness.ts'
import type { BackendCaseContext } from './backend-case-context.ts'

type Case = ContractCase<BackendCaseContext, BackendAbility>

/** Runs `check` if the backend can list secrets; the contract does not demand it. */
async function ifListing(
  context: BackendCaseContext,
  check: (backend: SecretBackend) => Promise<void>,
  opening: Parameters<BackendCaseContext['open']>[0] = {},
): Promise<void> {
  const backend = await context.open(opening)
  if (backend.list !== undefined) await check(backend)
}

/** Pages of `list`. */
export const listCases: readonly Case[] = [
  contractCase('lists every secret once, under the name that reads it', (context) =>
    ifListing(context, async (backend) => {
      const secrets = [await context.put(), await context.put(), await context.put()]
      const listed = await context.listAll(backend, { withTags: false })
      const names = listed.map(({ name }) => name)
      expect(names).toEqual(expect.arrayContaining(secrets.map(({ name }) => name)))
      expect(new Set(names).size).toBe(names.length)
      expect(names).not.toContain(context.newName())
      for (const { name, text } of secrets) expect(await context.textOf(backend, { name })).toBe(text)
    }),
  ),
  contractCase('lists tags if and only if they are requested', (context) =>
    ifListing(context, async (backend) => {
      await context.put()
      const plain = await context.listAll(backend, { withTags: false })
      expect(plain.every(({ tags }) => tags === undefined)).toBe(true)
      const tagged = await context.listAll(backend, { withTags: true })
      expect(tagged.every(({ tags }) => tags !== undefined)).toBe(true)
    }),
  ),
  contractCase(
    'fails to list with Unauthenticated for an identity that the manager does not know',
    ['strangers'],
    (context) =>
      ifListing(
        context,
        async (backend) => {
          expect(await context.listFailure(backend)).toMatchObject({ code: 'Unauthenticated' })
        },
        { identity: 'stranger' },
      ),
  ),
  contractCase('lists nothing with an aborted signal, and nothing when closed', (context) =>
    ifListing(context, async (backend) => {
      const codeOf = async (signal?: AbortSignal): Promise<string> =>
        context.expectReads(0, async () => (await context.listFailure(backend, signal)).code)
      expect(await codeOf(AbortSignal.abort())).toBe('Cancelled')
      await backend.close()
      expect(await codeOf()).toBe('Cancelled')
    }),
  ),
]
