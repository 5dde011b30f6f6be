import { expect, it } from 'vitest'
import { knownOf, recordOf } from '../testing/secrets.ts'
import { WatchBookmark } from './watch-bookmark.ts'

const at = (resourceVersion: string, more: object = {}) => knownOf('db', recordOf(['a']), { resourceVersion, ...more })

/** A watch at version 100 with `cached` in its cache. */
const watchOf = (cached: ReturnType<typeof at> | undefined) =>
  new WatchBookmark({ get: () => cached, lastResourceVersion: () => '100' })

it.each<[string, ReturnType<typeof at>, ReturnType<typeof at> | undefined, boolean]>([
  ['is not in the cache, and older than the watch', at('99'), undefined, true],
  ['is not in the cache, and has the version of the watch', at('100'), undefined, true],
  ['is not in the cache, and newer than the watch', at('101'), undefined, false],
  ['is in the cache', at('99'), at('98'), false],
  ['has another uid in the cache', at('99'), at('100', { uid: 'u2' }), true],
  ['has no label, so that the watch does not see it', at('99', { labels: {} }), undefined, false],
])('detects whether a Secret was deleted that %s', (_what, response, cached, expected) => {
  expect(watchOf(cached).isDeleted(response)).toBe(expected)
})

it('treats no Secret as deleted without a watch or before its first list', () => {
  expect(new WatchBookmark(undefined).isDeleted(at('99'))).toBe(false)
  expect(new WatchBookmark({ get: () => undefined, lastResourceVersion: () => undefined }).isDeleted(at('99'))).toBe(
    false,
  )
})

it.each<[string, string[], string | undefined]>([
  ['again, if the watch has reported the deletion of the first response', ['99', '101'], '101'],
  ['once, if the response is newer than the watch', ['101'], '101'],
  ['once, if the Secret does not exist', [], undefined],
])('reads %s', async (_how, versions, expected) => {
  const answers = versions.map((version) => at(version))
  const read = () => Promise.resolve(answers.shift())
  const response = await watchOf(undefined).readCurrent(read, (known) => known)
  expect(response?.observed.resourceVersion).toBe(expected)
  expect(answers).toEqual([])
})
