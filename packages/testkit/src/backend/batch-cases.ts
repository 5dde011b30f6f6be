/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import type { ReadResult, SecretBackend, SecretRef, SecretValue } from '@ack-secret-manager/core'
import { expect } from 'vitest'
import { type ContractCase, contractCase } from '../contract-case.ts'
import type { BackendAbility } from './backend-harness.ts'
import type { BackendCaseContext } from './backend-case-context.ts'

type Case = ContractCase<BackendCaseContext, BackendAbility>

/** A backend with batch reads. */
interface Batching {
  readonly backend: SecretBackend
  /** One call for all refs. A call that fails as a whole has no results, which the contract allows. */
  readonly many: (refs: readonly SecretRef[]) => Promise<ReadonlyArray<ReadResult | undefined>>
}

/** Runs `check` if the backend has batch reads; the contract does not demand them. */
async function ifBatching(context: BackendCaseContext, check: (batching: Batching) => Promise<void>): Promise<void> {
  const backend = await context.open()
  if (backend.readMany === undefined) return
  await check({ backend, many: (refs) => context.readMany(backend, refs) })
}

/** What must be equal however a value was read. The request id differs. */
function factsOf(value: SecretValue | undefined): object | undefined {
  if (value === undefined) return undefined
  const { bytes, requestId: _, ...facts } = value
  return { ...facts, bytes: Buffer.from(bytes.expose()).toString('base64') }
}

/** Results of `readMany`, which are those of `read`. */
export const batchCases: readonly Case[] = [
  contractCase('has limits of batches if and only if it has batch reads', async (context) => {
    const backend = await context.open()
    const { batch } = backend
    expect(batch === undefined).toBe(backend.readMany === undefined)
    if (batch === undefined) return
    expect(batch.maxRefs).toBeGreaterThan(1)
    const keys = ['ACSCurrent', 'ACSPrevious'].map((versionStage) => batch.keyOf({ name: 'one', versionStage }))
    expect(keys[1] === undefined || keys[1] === keys[0], 'a secret at two stages must not share a call').toBe(true)
    expect(batch.keyOf({ name: 'other' })).not.toBe(batch.keyOf({ name: 'one' }))
  }),
  contractCase('returns in a batch what single reads return, in the order of the refs, with one request', (context) =>
    ifBatching(context, async ({ backend, many }) => {
      const secrets = [await context.put(), await context.put(), await context.put()]
      await context.harness.put(secrets[1]?.name ?? '', { text: context.newText() })
      const refs = secrets.toReversed().map(({ name }) => ({ name }))
      const results = await context.expectReads(1, () => many(refs))
      const alone = await Promise.all(refs.map((ref) => context.read(backend, ref)))
      expect(results.map((result) => factsOf(result?.value))).toEqual(alone.map(factsOf))
    }),
  ),
  contractCase('returns the requested stage in a batch', ['stages'], (context) =>
    ifBatching(context, async ({ backend, many }) => {
      const [old, other] = [await context.put(), await context.put()]
      await context.harness.put(old.name, { text: context.newText() })
      const refs = [{ name: other.name }, { name: old.name, versionStage: 'ACSPrevious' }]
      if (refs.some((ref) => backend.batch?.keyOf(ref) === undefined)) return
      const results = await many(refs)
      const alone = await Promise.all(refs.map((ref) => context.read(backend, ref)))
      expect(results.map((result) => factsOf(result?.value))).toEqual(alone.map(factsOf))
    }),
  ),
  contractCase('returns a binary value in a batch', ['binary'], (context) =>
    ifBatching(context, async ({ backend, many }) => {
      const name = context.newName()
      await context.harness.put(name, { binary: Uint8Array.from([0, 255, 10]) })
      const other = await context.put()
      const results = await many([{ name }, { name: other.name }])
      expect(factsOf(results[0]?.value)).toEqual(factsOf(await context.read(backend, { name })))
    }),
  ),
  contractCase('fails in a batch only the entry of a secret that does not exist, as its single read fails', (context) =>
    ifBatching(context, async ({ backend, many }) => {
      const [one, other] = [await context.put(), await context.put()]
      const missing = { name: context.newName() }
      const results = await many([one, missing, other].map(({ name }) => ({ name })))
      if (results.length === 0) return
      expect(results.map((result) => result?.value !== undefined)).toEqual([true, false, true])
      const alone = await context.failure(backend, missing)
      const { error } = results[1] ?? {}
      if (error !== undefined) expect([error.code, error.message]).toEqual([alone.code, alone.message])
    }),
  ),
  contractCase('fails in a batch only the entry of a denied secret, as its single read fails', ['deny'], (context) =>
    ifBatching(context, async ({ backend, many }) => {
      const [one, denied] = [await context.put(), await context.put()]
      await context.harness.deny?.(denied.name)
      const results = await many([one, denied].map(({ name }) => ({ name })))
      if (results.length === 0) return
      expect(results.map((result) => result?.value !== undefined)).toEqual([true, false])
      const alone = await context.failure(backend, { name: denied.name })
      const { error } = results[1] ?? {}
      if (error !== undefined) expect([error.code, error.message]).toEqual([alone.code, alone.message])
    }),
  ),
  contractCase('cancels a batch at once, sends none with an aborted signal, and none when closed', (context) =>
    ifBatching(context, async ({ backend }) => {
      const refs = [await context.put(), await context.put()].map(({ name }) => ({ name }))
      const codeOf = (signal: AbortSignal): Promise<string> =>
        context.expectReads(0, () => context.batchFailure(backend, refs, signal))
      expect(await codeOf(AbortSignal.abort())).toBe('Cancelled')
      await backend.close()
      expect(await codeOf(new AbortController().signal)).toBe('Cancelled')
    }),
  ),
]
