import { expect, it } from 'vitest'
import { RecentSecrets } from './recent-secrets.ts'
import { knownOf, recordOf, TARGET } from '../testing/secrets.ts'

const named = (name: string, resourceVersion = '1') => knownOf('db', recordOf(['a']), { name, resourceVersion })

it('returns a Secret once', () => {
  const secrets = new RecentSecrets()
  secrets.put(named('db'))
  expect(secrets.take(TARGET)?.observed.target).toEqual(TARGET)
  expect(secrets.take(TARGET)).toBeUndefined()
})

it('evicts the Secret that was put longest ago', () => {
  const secrets = new RecentSecrets()
  for (let index = 0; index < 256; index += 1) secrets.put(named(`secret-${index}`))
  secrets.put(named('secret-0', '2'))
  secrets.put(named('secret-256'))
  expect(secrets.take({ ...TARGET, name: 'secret-1' })).toBeUndefined()
  expect(secrets.take({ ...TARGET, name: 'secret-2' })).toBeDefined()
  expect(secrets.take({ ...TARGET, name: 'secret-0' })?.observed.resourceVersion).toBe('2')
})

it('evicts Secrets with much metadata earlier, but not the last one', () => {
  const keys = Array.from({ length: 500 }, (_, at) => `KEY_NUMBER_${at}`)
  const { excessBytes } = knownOf('db', recordOf(keys))
  const secrets = new RecentSecrets()
  const taken = (name: string): boolean => secrets.take({ ...TARGET, name }) !== undefined
  for (let index = 0; index < 100; index += 1) secrets.put({ ...named(`secret-${index}`), excessBytes })
  secrets.put(named('db'))
  const left = Array.from({ length: 100 }, (_, index) => taken(`secret-${index}`)).filter(Boolean).length
  expect(left).toBeGreaterThan(10)
  expect(left).toBeLessThan(60)
  expect(taken('db')).toBe(true)
  for (const name of ['huge', 'huger']) secrets.put({ ...named(name), excessBytes: 9 * 1_024 * 1_024 })
  expect([taken('huge'), taken('huger')]).toEqual([false, true])
})
