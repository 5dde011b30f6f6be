import type { SecretBackend } from '@ack-secret-manager/core'
import { systemClock } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { describe, expect, it } from 'vitest'
import { loadBackendPackages } from './backend-packages.ts'
import { installed, pluginSource } from './testing/installed.ts'

const { signal } = new AbortController()
const CANARY = 'canary-password'

/** A loaded backend with this source of `list`. */
async function open(list: string, clock = systemClock): Promise<SecretBackend> {
  const connect = `() => ({ key: 'k', kind: 'x', quota: { account: 'a', region: 'r' }, backend: {
    read: async () => undefined, close: async () => undefined, ${list} } })`
  const pluginDirs = [await installed({ backend: { files: { 'index.js': pluginSource({ connect }) } } })]
  const packages = await loadBackendPackages({ packages: ['backend'], pluginDirs, appDir: '/', clock })
  return packages.resolve('backend', { place: 'x' }).backend
}

const failureOf = (listing: Promise<unknown> | undefined): Promise<unknown> =>
  (listing ?? Promise.resolve('no list')).catch((thrown: unknown) => thrown)

describe('the list of a backend package', () => {
  it('reaches the package with cursor and tags, and gives only what a page has', async () => {
    const backend = await open(
      `list: async ({ cursor, withTags }) => ({ items: [{ name: cursor + '/' + withTags, tags: { a: 'b' }, value: 1, isDeleted: true }], next: 'n', total: 2, other: 1 })`,
    )
    expect(await backend.list?.({ cursor: 'c', withTags: true, signal })).toEqual({
      items: [{ name: 'c/true', tags: { a: 'b' }, isDeleted: true }],
      next: 'n',
      total: 2,
    })
    expect(await backend.list?.({ withTags: false, signal })).toMatchObject({ items: [{ name: 'undefined/false' }] })
  })

  it('is absent for a package without it', async () => {
    expect(Object.keys(await open(''))).toEqual(['read', 'close'])
  })

  it.each([
    ['nothing', 'undefined'],
    ['no list', '{ items: {} }'],
    ['a secret without a name', '{ items: [{ name: "" }] }'],
    ['null as a secret', '{ items: [null] }'],
    ['tags that are not texts', '{ items: [{ name: "a", tags: { a: 1 } }] }'],
    ['an empty cursor', '{ items: [], next: "" }'],
    ['a number as cursor', '{ items: [], next: 2 }'],
    ['a total below 0', '{ items: [], total: -1 }'],
    ['too many secrets', '{ items: Array.from({ length: 1001 }, () => ({ name: "a" })) }'],
    ['a name that is too long', '{ items: [{ name: "a".repeat(3000) }] }'],
    ['a name that is too long for a status', '{ items: [{ name: "a".repeat(513) }] }'],
    ['a name that controls a terminal', '{ items: [{ name: "a\\u001B[2J" }] }'],
  ])('is refused with %s', async (_what, page) => {
    const backend = await open(`list: async () => (${page})`)
    expect(await failureOf(backend.list?.({ withTags: true, signal }))).toMatchObject({ code: 'InvalidResponse' })
  })

  it('loses the message of a foreign error', async () => {
    const backend = await open(`list: async () => { throw new Error('${CANARY}') }`)
    const error = await failureOf(backend.list?.({ withTags: true, signal }))
    expect(error).toMatchObject({ code: 'Internal', message: expect.not.stringContaining(CANARY) })
  })

  it('ends at the deadline of a read', async () => {
    const clock = new ManualClock()
    const backend = await open('list: () => new Promise(() => undefined)', clock)
    const failing = failureOf(backend.list?.({ withTags: true, signal }))
    await clock.advance(60_000)
    expect(await failing).toMatchObject({ code: 'Timeout' })
  })
})
