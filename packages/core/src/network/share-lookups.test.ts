import type { LookupFunction } from 'node:net'
import { beforeEach, expect, it } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { shareLookups } from './share-lookups.ts'

type Answer = Parameters<Parameters<LookupFunction>[2]>

const ADDRESS: Answer = [null, [{ address: '10.0.0.1', family: 4 }]]
const FAILURE: Answer = [Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }), []]

let clock: ManualClock
/** Lookups that have not been answered. */
let pending: { readonly hostname: string; readonly answer: (...result: Answer) => void }[]
let lookup: LookupFunction

beforeEach(() => {
  clock = new ManualClock()
  pending = []
  lookup = shareLookups({ clock, lookup: (hostname, _options, done) => void pending.push({ hostname, answer: done }) })
})

const ask = (hostname: string, options = { all: true }): Promise<Answer> =>
  new Promise((resolve) => {
    lookup(hostname, options, (...result) => resolve(result))
  })

/** Answers the pending lookups after `ms`. */
async function answer(result: Answer, ms: number): Promise<void> {
  await clock.advance(ms)
  for (const each of pending.splice(0)) each.answer(...result)
}

it('looks a name up once for all that wait for it, and another name or family apart', async () => {
  const answers = [ask('a.test'), ask('a.test'), ask('b.test'), ask('a.test', { all: false })]
  expect(pending.map(({ hostname }) => hostname)).toEqual(['a.test', 'b.test', 'a.test'])
  await answer(ADDRESS, 0)
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 4 }, () => ADDRESS))
})

it.each<[what: string, result: Answer, tookMs: number, laterMs: number, lookups: number]>([
  ['keeps the addresses of a slow lookup', ADDRESS, 5_000, 29_000, 0],
  ['looks up again half a minute after a slow lookup', ADDRESS, 5_000, 30_000, 1],
  ['looks up again after a fast one', ADDRESS, 100, 0, 1],
  ['looks up again after a failure', FAILURE, 5_000, 0, 1],
])('%s', async (_what, result, tookMs, laterMs, lookups) => {
  const first = ask('a.test')
  await answer(result, tookMs)
  expect(await first).toEqual(result)
  await clock.advance(laterMs)
  const second = ask('a.test')
  expect(pending).toHaveLength(lookups)
  await answer(ADDRESS, 0)
  expect(await second).toEqual(ADDRESS)
})
