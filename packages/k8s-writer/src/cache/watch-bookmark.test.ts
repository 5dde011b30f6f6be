import { expect, it } from 'vitest'
import { knownOf, recordOf } from '../test-secrets.ts'
import { WatchProgress } from './watch-bookmark.ts'

const at = (resourceVersion: string, more: object = {}) => knownOf('db', recordOf(['a']), { resourceVersion, ...more })

/** A watch that has come to version 100 and has `cached` in its cache. */
const watchOf = (cached: ReturnType<typeof at> | undefined) =>
  new WatchProgress({ get: () => cached, lastResourceVersion: () => '100' })

it.each<[string, ReturnType<typeof at>, ReturnType<typeof at> | undefined, boolean]>([
  ['is not in the cache, and older than the watch', at('99'), undefined, true],
  ['is not in the cache, and as old as the watch', at('100'), undefined, true],
  ['is not in the cache, and newer than the watch', at('101'), undefined, false],
  ['is in the cache', at('99'), at('98'), false],
  ['has another uid in the cache', at('99'), at('100', { uid: 'u2' }), true],
  ['has no label, so that the watch does not see it', at('99', { labels: {} }), undefined, false],
])('tells whether a Secret is gone that %s', (_what, answer, cached, expected) => {
  expect(watchOf(cached).isOver(answer)).toBe(expected)
})

it('takes no Secret for gone without a watch, or before its first list', () => {
  expect(new WatchProgress(undefined).isOver(at('99'))).toBe(false)
  expect(new WatchProgress({ get: () => undefined, lastResourceVersion: () => undefined }).isOver(at('99'))).toBe(false)
})

it.each<[string, string[], string | undefined]>([
  ['again, when the watch has seen the end of what the first answer holds', ['99', '101'], '101'],
  ['once, when the answer is newer than the watch', ['101'], '101'],
  ['once, when there is no such Secret', [], undefined],
])('reads %s', async (_how, versions, expected) => {
  const answers = versions.map((version) => at(version))
  const read = () => Promise.resolve(answers.shift())
  const answer = await watchOf(undefined).upToDate(read, (known) => known)
  expect(answer?.observed.resourceVersion).toBe(expected)
  expect(answers).toEqual([])
})
