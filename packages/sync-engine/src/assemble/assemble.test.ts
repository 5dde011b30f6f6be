import { SecretSyncError } from '@ack-secret-manager/core'
import type { ExternalSecretSpec } from '@ack-secret-manager/resources'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assemble } from './assemble.ts'
import { compile, type PlanDefaults, type ResolveStore } from '../plan/compile.ts'
import type { AssembledSecret } from '../model/desired-secret.ts'
import type { SourceKey, SourceReading } from '../model/source-reading.ts'
import type { SyncPlan } from '../plan/sync-plan.ts'
import { connectionOf, digester, mapBackend, specOf, TARGET, valueOf } from '../testing/fixtures.ts'

const connection = connectionOf(mapBackend(new Map()))
const anyStore: ResolveStore = () => ({ kind: 'ready', connection })
const planOf = (spec: unknown, resolve: ResolveStore = anyStore): Promise<SyncPlan> =>
  compile(specOf(spec), 'default', resolve, { intervalMs: 120_000, disablePolling: false })

/** Assembles with the given texts by secret name; an error code means a failed read. */
async function assembled(
  spec: unknown,
  values: Record<string, string | SecretSyncError>,
  resolve?: ResolveStore,
): Promise<AssembledSecret> {
  const plan = await planOf(spec, resolve)
  const readings = new Map<SourceKey, SourceReading>()
  for (const { key, ref } of plan.reads) {
    const value = values[ref.name] ?? new SecretSyncError('NotFound', `secret ${ref.name} does not exist`)
    readings.set(
      key,
      value instanceof SecretSyncError
        ? { kind: 'error', error: value, ageMs: undefined, stale: false }
        : { kind: 'value', value: valueOf(value) },
    )
  }
  return assemble(plan, { readings, target: TARGET, digester, rendering: undefined })
}

const texts = ({ data }: AssembledSecret): Record<string, string> =>
  Object.fromEntries([...data].map(([key, { bytes }]) => [key, new TextDecoder().decode(bytes?.expose())]))
const failed = ({ failures }: AssembledSecret): string[] =>
  failures.map(({ field, error, keys }) => `${field} ${error.code} ${keys?.join(',') ?? '*'}`)

const document = '{"user":{"name":"tom"},"port":5432,"tls":true}'

describe('assemble', () => {
  it('copies whole values under their names', async () => {
    const spec = { data: [{ key: 'app-token' }, { key: 'app/db', name: 'password' }] }
    expect(texts(await assembled(spec, { 'app-token': 't', 'app/db': 'p\n' }))).toEqual({
      'app-token': 't',
      password: 'p\n',
    })
  })

  it('reads a secret once if two entries name it', async () => {
    expect((await planOf({ data: [{ key: 'a' }, { key: 'a', name: 'b' }] })).reads).toHaveLength(1)
    const stages = { data: [{ key: 'a' }, { key: 'a', name: 'b', versionStage: 'ACSPrevious' }] }
    expect((await planOf(stages)).reads).toHaveLength(2)
  })

  it('selects by path and extracts members', async () => {
    const picks = {
      data: [{ key: 'app/db', jmesPath: [{ path: 'user.name', objectAlias: 'user' }, { path: 'port' }] }],
    }
    expect(texts(await assembled(picks, { 'app/db': document }))).toEqual({ user: 'tom', port: '5432' })
    const members = { dataProcess: [{ extract: { key: 'app/db' }, replaceRule: [{ source: '^', target: 'db_' }] }] }
    expect(texts(await assembled(members, { 'app/db': document }))).toEqual({
      db_user: '{"name":"tom"}',
      db_port: '5432',
      db_tls: 'true',
    })
  })

  it('changes all keys of one secret together or not at all', async () => {
    const spec = {
      data: [
        { key: 'app/db', name: 'raw' },
        { key: 'app/db', jmesPath: [{ path: 'nothing.here', objectAlias: 'gone' }] },
        { key: 'other' },
      ],
    }
    const result = await assembled(spec, { 'app/db': document, other: 'x' })
    expect(texts(result)).toEqual({ other: 'x' })
    expect(failed(result)).toEqual(['spec.data[0] PathNotFound raw', 'spec.data[1] PathNotFound gone'])
  })

  it('limits the work of all paths of a resource together', async () => {
    const path = `${'[@,@][]|'.repeat(15)}length(@)`
    const entries = Array.from({ length: 40 }, (_, at) => ({
      key: `list-${at}`,
      jmesPath: [{ path, objectAlias: `n${at}` }],
    }))
    const values = Object.fromEntries(entries.map(({ key }) => [key, '[1,2,3,4,5,6,7,8,9]']))
    const { failures } = await assembled({ data: entries }, values)
    const codes = failures.map(({ error }) => error.code)
    expect(new Set(codes)).toEqual(new Set(['TooLarge']))
  })

  it('omits only optional keys whose secret does not exist', async () => {
    const spec = {
      data: [
        { key: 'missing', optional: true },
        { key: 'app/db', optional: true, jmesPath: [{ path: 'nope', objectAlias: 'nope' }, { path: 'port' }] },
      ],
    }
    const result = await assembled(spec, { 'app/db': document })
    expect(texts(result)).toEqual({ port: '5432' })
    expect(failed(result)).toEqual([])
    const denied = await assembled(
      { data: [{ key: 'missing', optional: true }, { key: 'a' }] },
      { a: '1', missing: new SecretSyncError('AccessDenied', 'no') },
    )
    expect(failed(denied)).toEqual(['spec.data[0] AccessDenied missing'])
  })

  it('keeps an optional key while a required key of the same secret fails', async () => {
    const spec = { data: [{ key: 'gone' }, { key: 'gone', name: 'maybe', optional: true }, { key: 'a' }] }
    expect(failed(await assembled(spec, { a: '1' }))).toEqual([
      'spec.data[0] NotFound gone',
      'spec.data[1] NotFound maybe',
    ])
  })

  it('does not let a document produce a key whose own entry has failed', async () => {
    const spec = { data: [{ key: 'gone', name: 'a' }], dataProcess: [{ extract: { key: 's' } }] }
    await expect(assembled(spec, { s: '{"a":1}' })).rejects.toMatchObject({ code: 'DuplicateKey' })
  })

  it('fails only the entries whose store cannot be used', async () => {
    const resolve: ResolveStore = ({ ref }) =>
      ref
        ? { kind: 'error', error: new SecretSyncError('StoreNotFound', `SecretStore ${ref.name} does not exist`) }
        : { kind: 'ready', connection }
    const result = await assembled(
      { data: [{ key: 'a' }, { key: 'b', secretStoreRef: { name: 'gone' } }] },
      { a: '1', b: '2' },
      resolve,
    )
    expect(texts(result)).toEqual({ a: '1' })
    expect(failed(result)).toEqual(['spec.data[1] StoreNotFound b'])
  })

  it.each([
    ['InvalidKey', { dataProcess: [{ extract: { key: 's' } }] }, '{"a/b":1}'],
    ['DuplicateKey', { data: [{ key: 's', name: 'a' }], dataProcess: [{ extract: { key: 's' } }] }, '{"a":1}'],
    [
      'DuplicateKey',
      { dataProcess: [{ extract: { key: 's' }, replaceRule: [{ source: '[ab]', target: 'x' }] }] },
      '{"a":1,"b":2}',
    ],
    [
      'TooLarge',
      {
        data: [
          { key: 's', name: 'a' },
          { key: 's', name: 'b' },
        ],
      },
      'x'.repeat(600_000),
    ],
    ['NoData', { dataProcess: [{ extract: { key: 's' } }] }, '{}'],
  ])('writes nothing and reports %s', async (code, spec, value) => {
    await expect(assembled(spec, { s: value })).rejects.toMatchObject({ code })
  })

  it('names the entry whose names become equal', async () => {
    const spec = { dataProcess: [{ extract: { key: 's' }, replaceRule: [{ source: '^._', target: '' }] }] }
    await expect(assembled(spec, { s: '{"a_x":"1","b_x":"2"}' })).rejects.toMatchObject({
      code: 'DuplicateKey',
      message: 'spec.dataProcess[0].extract: keys a_x and b_x both become x by the replace rules',
    })
  })

  it.each([
    ['an invalid key name', '', 'spec.dataProcess[0].extract: the name of member 2 cannot be a key of a Secret'],
    ['a duplicate name', 'v1', 'spec.dataProcess[1].extract: a key of s is also produced by s'],
  ])('does not show %s, which may be part of a value', async (_what, versionId, message) => {
    const again = versionId === '' ? [] : [{ extract: { key: 's', versionId } }]
    const spec = { dataProcess: [{ extract: { key: 's' } }, ...again] }
    const value = `${versionId === '' ? 'a: 1' : ''}\nPassword=canary; Host: x`
    const said = await assembled(spec, { s: value }).then(
      () => 'nothing',
      (error: unknown) => String(error),
    )
    expect(said).toContain(message)
    expect(said).not.toContain('canary')
  })

  it('treats names of prototype properties as ordinary keys', async () => {
    const result = await assembled(
      { dataProcess: [{ extract: { key: 's' } }] },
      { s: '{"__proto__":"p","constructor":"c"}' },
    )
    expect([...result.data.keys()]).toEqual(['__proto__', 'constructor'])
  })

  it('extracts every member of any document, or reports why not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.jsonValue(), { minKeys: 1 }),
        async (members) => {
          const result = await assembled({ dataProcess: [{ extract: { key: 's' } }] }, { s: JSON.stringify(members) })
          expect([...result.data.keys()].sort()).toEqual(Object.keys(members).sort())
        },
      ),
    )
  })
})

describe('compile', () => {
  it('passes the secret and the kind of its manager to the store', async () => {
    const asked: unknown[] = []
    const resolve: ResolveStore = (query) => {
      asked.push(query)
      return { kind: 'ready', connection }
    }
    const ref = { name: 's', kind: 'ClusterSecretStore' }
    await planOf(
      { provider: 'oos', data: [{ key: 'a', secretStoreRef: ref }], dataProcess: [{ extract: { key: 'app/b' } }] },
      resolve,
    )
    expect(asked).toEqual([
      { namespace: 'default', ref, kmsEndpoint: undefined, secret: 'a', provider: 'oos' },
      { namespace: 'default', ref: undefined, kmsEndpoint: undefined, secret: 'app/b', provider: 'oos' },
    ])
  })

  it.each([
    ['spec.data[0].jmesPath[0].path', { data: [{ key: 'a', jmesPath: [{ path: 'a[', objectAlias: 'a' }] }] }],
    [
      'spec.dataProcess[0].replaceRule[0].source',
      { dataProcess: [{ extract: { key: 'a' }, replaceRule: [{ source: '(', target: '' }] }] },
    ],
  ])('names the field that does not compile: %s', async (field, spec) => {
    await expect(planOf(spec)).rejects.toThrow(
      expect.objectContaining({ code: 'InvalidSpec', facts: expect.objectContaining({ field }) }),
    )
  })

  it('uses the interval of the resource, the default, or none', async () => {
    const spec = specOf({ data: [{ key: 'a' }], rotationInterval: '1m30s' })
    const intervalOf = async (one: ExternalSecretSpec, defaults: PlanDefaults) =>
      (await compile(one, 'd', anyStore, defaults)).intervalMs
    expect(await intervalOf(spec, { intervalMs: 1, disablePolling: false })).toBe(90_000)
    expect(await intervalOf(specOf({ data: [{ key: 'a' }] }), { intervalMs: 7, disablePolling: false })).toBe(7)
    expect(await intervalOf(spec, { intervalMs: 1, disablePolling: true })).toBeUndefined()
  })

  it('counts only values against the size limit of a Secret, as Kubernetes does', async () => {
    const half = 'x'.repeat(512 * 1024)
    const spec = { data: [{ key: 'a' }, { key: 'b' }] }
    expect((await assembled(spec, { a: half, b: half })).data.size).toBe(2)
    await expect(assembled(spec, { a: half, b: `${half}x` })).rejects.toThrow('values of the Secret have 1048577 bytes')
  })

  it('reports a name that is empty after a rule', async () => {
    const spec = { dataProcess: [{ extract: { key: 'a' }, replaceRule: [{ source: '^port$', target: '' }] }] }
    await expect(assembled(spec, { a: document })).rejects.toThrow(/the name of member \d is empty/)
  })
})
