import { describe, expect, it } from 'vitest'
import { type Defect, MemoryManager } from '../testing/memory-manager.ts'
import { BACKEND_RULES, describeBackendContract } from './backend-contract.ts'

describeBackendContract({ name: 'memory', setUp: () => new MemoryManager() })

/** Rules that a backend with this defect breaks. */
async function brokenBy(defect: Defect | undefined): Promise<readonly string[]> {
  const broken: string[] = []
  for (const each of BACKEND_RULES) {
    await each.check(() => new MemoryManager(defect)).catch(() => broken.push(each.rule))
  }
  return broken
}

describe('the contract of backends', () => {
  it('is kept by one without defects', async () => expect(await brokenBy(undefined)).toEqual([]))

  it.each<[Defect, RegExp]>([
    ['text as latin1', /a text unchanged/],
    ['same version id', /same version id until/],
    ['ignores the version id', /by its id/],
    ['ignores the stage', /by its stage/],
    ['reads twice', /one request per read/],
    ['caches', /caches nothing/],
    ['mixes up concurrent reads', /the correct value/],
    ['plain bytes', /shows no value/],
    ['denied is not found', /AccessDenied/],
    ['denied falls back', /AccessDenied/],
    ['stranger is served', /Unauthenticated/],
    ['looks names up in a plain object', /NotFound for a secret/],
    ['malformed is an invalid response', /rejects malformed names/],
    ['retries', /Throttled after/],
    ['throttled is unavailable', /Throttled after/],
    ['waits forever', /Timeout without/],
    ['ignores the signal', /at once when the signal/],
    ['ignores an aborted signal', /already aborted/],
    ['leaks listeners', /signal of the caller/],
    ['reads after close', /closed twice/],
    ['close throws the second time', /closed twice/],
    ['close does not cancel pending reads', /pending reads with Cancelled when it is closed/],
    ['close ends all', /closes only itself/],
    ['tells the value', /shows no value/],
    ['tells the credential', /NotFound for a secret/],
    ['throws plain errors', /NotFound for a secret/],
    ['counts access checks as reads', /without a read/],
    ['mixes up a batch', /in the order of the refs/],
    ['other errors in a batch', /only the entry of a secret that does not exist/],
    ['reads a batch one by one', /with one request/],
    ['batch without limits', /if and only if/],
    ['batch ignores the signal', /cancels a batch/],
    ['list lacks the first', /lists every secret once/],
    ['list repeats a page', /lists every secret once/],
    ['list always tags', /lists tags if and only if/],
    ['list ignores the signal', /lists nothing/],
    ['list serves a stranger', /fails to list with Unauthenticated/],
    ['list tells values', /lists every secret once/],
  ])('notices one that %s', async (defect, rule) => {
    expect(await brokenBy(defect)).toEqual(expect.arrayContaining([expect.stringMatching(rule)]))
  })
})
