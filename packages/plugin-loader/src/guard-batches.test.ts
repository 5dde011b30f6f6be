import type { SecretBackend, SecretSyncError } from '@ack-secret-manager/core'
import { systemClock } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { loadBackendPackages } from './backend-packages.ts'
import { installed, pluginSource } from './testing/installed.ts'

const { signal } = new AbortController()
const CANARY = 'canary-password'
const REFS = [{ name: 'one' }, { name: 'two' }, { name: 'three' }]
const LIMITS = '{ maxRefs: 20, keyOf: ({ name }) => name }'
const VALUE = "{ bytes: { expose: () => new TextEncoder().encode('text') }, versionId: 'v1' }"
/** An error of another copy of core. */
const errorOf = (code: string, message: string): string =>
  `Object.defineProperty(Object.assign(new Error('${message}'), { code: '${code}', facts: { batch: 'denied' } }), Symbol.for('ack-secret-manager.SecretSyncError'), { value: true })`

/** A loaded backend with this source of `batch` and `readMany`. */
async function open({ batch = LIMITS, readMany = '' }, clock = systemClock): Promise<SecretBackend> {
  const members = [batch && `batch: ${batch}`, readMany && `readMany: ${readMany}`].filter(Boolean)
  const connect = `() => ({ key: 'k', kind: 'x', quota: { account: 'a', region: 'r' }, backend: {
    read: async () => (${VALUE}), close: async () => undefined, ${members.join(', ')} } })`
  const pluginDirs = [await installed({ backend: { files: { 'index.js': pluginSource({ connect }) } } })]
  const packages = await loadBackendPackages({ packages: ['backend'], pluginDirs, appDir: '/', clock })
  return packages.resolve('backend', { place: 'x' }).backend
}

const failureOf = (reading: Promise<unknown> | undefined): Promise<unknown> =>
  (reading ?? Promise.resolve('no readMany')).catch((thrown: unknown) => thrown)

const NO_VALUE = 'the backend returned no bytes or no version id of at most 128 characters'

describe('batch reads of a backend package', () => {
  it('reach the package with the refs, their order and its limits', async () => {
    const backend = await open({
      readMany: `async (refs) => refs.map(({ name }) => ({ value: { bytes: { expose: () => new TextEncoder().encode(name) }, versionId: 'v-' + name } }))`,
    })
    expect(backend.batch).toMatchObject({ maxRefs: 20 })
    expect(backend.batch?.keyOf({ name: 'one', versionStage: 'a' })).toBe('one')
    const results = await backend.readMany?.(REFS, { signal })
    expect(results?.map((each) => each?.value && Buffer.from(each.value.bytes.expose()).toString())).toEqual([
      'one',
      'two',
      'three',
    ])
    expect(results?.map((each) => each?.value)).toMatchObject([
      { versionId: 'v-one', type: 'Generic', dataType: 'text', versionStages: [] },
      { versionId: 'v-two' },
      { versionId: 'v-three' },
    ])
    // The class of this copy of core, which hides its content.
    expect(inspect(results, { depth: Infinity })).not.toContain('three"')
  })

  it('are absent for a package without them', async () => {
    const backend = await open({ batch: '' })
    expect(Object.keys(backend)).toEqual(['read', 'close'])
  })

  it('have at most 100 refs', async () => {
    const backend = await open({
      batch: '{ maxRefs: 5000, keyOf: ({ name }) => name }',
      readMany: 'async () => []',
    })
    expect(backend.batch?.maxRefs).toBe(100)
  })

  it.each([
    ['limits without reads', { batch: LIMITS }],
    ['reads without limits', { batch: '', readMany: 'async () => []' }],
    ['a fraction', { batch: '{ maxRefs: 2.5, keyOf: () => "" }', readMany: 'async () => []' }],
    ['a limit of one', { batch: '{ maxRefs: 1, keyOf: () => "" }', readMany: 'async () => []' }],
    ['limits without keyOf', { batch: '{ maxRefs: 2 }', readMany: 'async () => []' }],
    ['reads that are no function', { readMany: '1' }],
  ])('reject a package with %s', async (_rule, parts) => {
    await expect(open(parts)).rejects.toMatchObject({
      code: 'InvalidSpec',
      message: expect.stringContaining('memory has wrong limits of batches: readMany needs batch.maxRefs'),
    })
  })

  it.each([
    ['that throws', `() => { throw new TypeError('${CANARY}') }`],
    ['that is no text', '() => 7'],
  ])('read alone a secret with a key %s', async (_rule, keyOf) => {
    const backend = await open({ batch: `{ maxRefs: 20, keyOf: ${keyOf} }`, readMany: 'async () => []' })
    expect(backend.batch?.keyOf({ name: 'one' })).toBeUndefined()
  })

  it('check each entry as a single read', async () => {
    const backend = await open({
      batch: LIMITS,
      readMany: `async () => [
        undefined, null, { value: ${VALUE} }, { value: { bytes: { expose: () => '${CANARY}' }, versionId: 'v1' } },
        { value: { bytes: {}, versionId: '${CANARY}' } }, { error: new TypeError('${CANARY}') },
        { error: ${errorOf('NotFound', 'gone')} }, { error: ${errorOf('Fire', CANARY)} }, {}, '${CANARY}',
      ]`,
    })
    const results = await backend.readMany?.(
      Array.from({ length: 10 }, (_none, index) => ({ name: `s${index}` })),
      { signal },
    )
    expect(results?.slice(0, 2)).toEqual([undefined, undefined])
    expect(results?.[2]?.value).toMatchObject({ versionId: 'v1' })
    const errors = results?.slice(3).map((each) => [each?.error?.code, each?.error?.message])
    expect(errors).toEqual([
      ['InvalidResponse', `secret "s3" of the backend memory: ${NO_VALUE}`],
      ['InvalidResponse', `secret "s4" of the backend memory: ${NO_VALUE}`],
      ['Internal', 'secret "s5" of the backend memory: unexpected TypeError; this is a defect, please report it'],
      ['NotFound', 'gone'],
      ['Internal', 'secret "s7" of the backend memory: failed with an unknown code'],
      ['InvalidResponse', 'secret "s8" of the backend memory: the backend returned neither value nor error'],
      ['InvalidResponse', 'secret "s9" of the backend memory: the backend returned neither value nor error'],
    ])
    expect(inspect(results, { depth: Infinity, showHidden: true })).not.toContain(CANARY)
  })

  it.each<[string, string, Partial<SecretSyncError>]>([
    ['returns no entries', `async () => '${CANARY}'`, { code: 'InvalidResponse' }],
    ['returns fewer entries', `async () => [{ value: ${VALUE} }]`, { code: 'InvalidResponse' }],
    [
      'returns more entries',
      `async (refs) => [...refs, refs[0]].map(() => ({ value: ${VALUE} }))`,
      { code: 'InvalidResponse' },
    ],
    ['throws a foreign error', `async () => { throw new TypeError('${CANARY}') }`, { code: 'Internal' }],
    ['throws at once', `() => { throw new TypeError('${CANARY}') }`, { code: 'Internal' }],
    ['uses an unknown code', `async () => { throw ${errorOf('Fire', CANARY)} }`, { code: 'Internal' }],
    [
      'says that batches are denied',
      `async () => { throw ${errorOf('AccessDenied', 'no')} }`,
      { code: 'AccessDenied', facts: { batch: 'denied' } },
    ],
  ])('fail as a whole if the package %s', async (_rule, readMany, expected) => {
    const backend = await open({ readMany })
    const error = await failureOf(backend.readMany?.(REFS, { signal }))
    expect(error).toMatchObject(expected)
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(CANARY)
  })

  it('have the deadline of a read, and stop when they are cancelled', async () => {
    const clock = new ManualClock()
    const backend = await open({ readMany: '() => new Promise(() => undefined)' }, clock)
    const late = failureOf(backend.readMany?.(REFS, { signal }))
    await clock.advance(60_001)
    expect(await late).toMatchObject({
      code: 'Timeout',
      message: expect.stringMatching(/^3 secrets of the backend memory: .*within 60000 ms/),
    })
    const stop = new AbortController()
    const stopped = failureOf(backend.readMany?.(REFS, { signal: stop.signal }))
    stop.abort()
    expect(await stopped).toMatchObject({ code: 'Cancelled' })
  })
})
