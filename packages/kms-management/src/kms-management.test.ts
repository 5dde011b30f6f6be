import tls from 'node:tls'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { type CredentialProvider, SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { issueServerCertificate, startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { json, startTestServer } from '@ack-secret-manager/test-support/test-server'
import { expectRedacted } from '@ack-secret-manager/testkit'
import { useFixture, useTrusted } from '@ack-secret-manager/test-support/use-fixture'
import kms, { GetSecretValueRequest } from '@alicloud/kms20160120'
import { Config } from '@alicloud/rpc-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describePlan } from './describe-plan.ts'
import { KmsManagement, type ListProgress, type ListSecretsOptions, type StepState } from './kms-management.ts'
import type { SecretChange } from './secret-change.ts'

/** Node imports the exports of the SDK as its default, loaders with interop import the class. */
const KmsClient: typeof kms.default = 'default' in kms ? kms.default : kms
const ADMIN = { id: 'LTAI5tAdmin', secret: canary('admin-secret') }
const VALUE = canary('put-value')
const signal = AbortSignal.timeout(120_000)
/** Of the clients and of KMS. It passes in the pause before a retry, and where a test advances it. */
const clock = new ManualClock(Date.now())
/** Longer than any pause of the backoff with the random number of {@link manage}. */
const BACKOFF_MS = 100

let management: KmsManagement
const retried: SecretSyncError[] = []

const simulator = useFixture(() =>
  startSimulator({
    clock,
    seed: {
      accessKeys: [
        { ...ADMIN, allow: [{ actions: ['kms:*'], resources: ['*'] }] },
        { id: 'LTAI5tReader', secret: 'reader', allow: [{ actions: ['kms:DescribeSecret'], resources: ['*'] }] },
      ],
      secrets: [
        {
          name: 'shop/db',
          description: 'main database',
          tags: { team: 'shop', env: 'prod' },
          versions: [
            { id: 'v1', data: 'one' },
            { id: 'v2', stages: ['ACSPrevious'], data: 'two' },
            { id: 'v3', stages: ['ACSCurrent'], data: 'three' },
          ],
        },
        { name: 'shop/key', dataType: 'binary', tags: { team: 'shop' }, versions: [{ id: 'v1', dataBase64: 'AAE=' }] },
        { name: 'other', tags: { team: 'prod' }, versions: [{ id: 'v1', data: 'x' }] },
        {
          name: 'acs/rds/main',
          type: 'Rds',
          versions: [{ id: 'r1', data: '{"AccountPassword":"old"}' }],
          rotation: { automatic: true, interval: '168h', next: '2030-01-02T03:04:05Z' },
        },
      ],
    },
  }),
)
useTrusted(() => simulator.caPem)
const control = simulatorControl(() => simulator.control)
beforeEach(() => {
  management = manage()
})
afterEach(async () => {
  await control('DELETE', '/faults')
  await control('DELETE', '/calls')
  await management.close()
  retried.splice(0)
})

function manage(options: Partial<ConstructorParameters<typeof KmsManagement>[0]> = {}, at = simulator): KmsManagement {
  const { onRetry = passPause, ...others } = options
  return new KmsManagement({
    endpoint: new URL(at.kms).host,
    provider: provider(),
    onRetry,
    clock,
    random: () => 0.99,
    ...others,
  })
}

/** Lets the pause before a retry pass. It starts after this callback. */
function passPause(error: SecretSyncError): void {
  retried.push(error)
  void clock.advance(error.facts.retryAfterMs ?? BACKOFF_MS)
}

function provider(id = ADMIN.id, secret = ADMIN.secret): CredentialProvider {
  return accessKeyProvider({ accessKeyId: id, accessKeySecret: new Sensitive(secret) })
}

async function names(options: Omit<ListSecretsOptions, 'signal'> = {}, of = management): Promise<string[]> {
  const found: string[] = []
  for await (const { name } of of.listSecrets({ ...options, signal })) found.push(name)
  return found.toSorted()
}

/** The value by the official SDK's typed request: what a reader gets. */
async function valueOf(secretName: string, stage = 'ACSCurrent'): Promise<string> {
  const client = new KmsClient(
    new Config({ endpoint: new URL(simulator.kms).host, accessKeyId: ADMIN.id, accessKeySecret: ADMIN.secret }),
  )
  const { secretData } = await client.getSecretValue(new GetSecretValueRequest({ secretName, versionStage: stage }))
  return secretData
}

async function calls(): Promise<string[]> {
  const { calls: made } = (await control('GET', '/calls?groupBy=action,result')) as {
    calls: { action: string; result: string; count: number }[]
  }
  return made.map(({ action, result, count }) => `${action} ${result} ${count}`).toSorted()
}

/** Resolves when KMS has received so many calls of an action, answered or not. */
async function received(action: string, count: number, of = control): Promise<void> {
  const { calls: made } = (await of('GET', '/calls?groupBy=action')) as { calls: { action: string; count: number }[] }
  if ((made.find((call) => call.action === action)?.count ?? 0) < count) await received(action, count, of)
}

async function failureOf(work: Promise<unknown>): Promise<SecretSyncError> {
  try {
    await work
  } catch (error) {
    expectRedacted([error], [VALUE, ADMIN.secret])
    if (error instanceof SecretSyncError) return error
    throw error
  }
  throw new Error('did not fail')
}

const put = (name: string, change: object = {}): SecretChange => ({
  kind: 'put',
  name,
  value: new Sensitive(VALUE),
  create: {},
  ...change,
})

let lastName = 0
async function created(value = 'first'): Promise<string> {
  const name = `made/${(lastName += 1)}`
  await management.change(put(name, { value: new Sensitive(value), versionId: 'v1' }), { signal })
  return name
}

describe('listSecrets', () => {
  it.each<[rule: string, options: Omit<ListSecretsOptions, 'signal'>, expected: string[]]>([
    ['by pattern', { filter: 'shop/*' }, ['shop/db', 'shop/key']],
    ['by type, however it is spelled', { types: ['RDS'] }, ['acs/rds/main']],
    ['by tag', { tags: { team: 'shop' } }, ['shop/db', 'shop/key']],
    ['by two tags, as pairs', { tags: { team: 'shop', env: 'prod' } }, ['shop/db']],
    ['not by a key and the value of another key', { tags: { env: 'shop' } }, []],
    ['by the key of a tag', { tags: { env: true } }, ['shop/db']],
    ['by all of them', { filter: '*key', tags: { team: true }, types: ['generic'] }, ['shop/key']],
  ])('finds secrets %s', async (_rule, options, expected) => {
    expect((await names(options)).filter((name) => !name.startsWith('made/'))).toEqual(expected)
  })

  it('gives type, tags, dates and the rotation of managed secrets', async () => {
    const found = []
    for await (const secret of management.listSecrets({ withTags: true, withRotation: true, signal }))
      found.push(secret)
    expect(found.find(({ name }) => name === 'shop/db')).toEqual({
      name: 'shop/db',
      type: 'Generic',
      createdMs: expect.any(Number),
      updatedMs: expect.any(Number),
      tags: { team: 'shop', env: 'prod' },
    })
    expect(found.find(({ name }) => name === 'acs/rds/main')).toMatchObject({
      type: 'Rds',
      rotation: { automatic: true, intervalMs: 604_800_000, nextMs: Date.parse('2030-01-02T03:04:05Z') },
    })
    // Only managed secrets are described.
    expect(await calls()).toContain('DescribeSecret OK 1')
  })

  it('gives managed secrets without a rotation that it may not read, and says so', async () => {
    await control('POST', '/faults', { match: { action: 'DescribeSecret', secret: 'acs/*' }, fault: 'deny', count: 1 })
    const denied: SecretSyncError[] = []
    const options = { withRotation: true, onRotationDenied: (error: SecretSyncError) => denied.push(error), signal }
    const found = []
    for await (const secret of management.listSecrets({ ...options, types: ['Rds'] })) found.push(secret)
    expect(found).toMatchObject([{ name: 'acs/rds/main' }])
    expect(found[0]).not.toHaveProperty('rotation')
    expect(denied).toMatchObject([{ code: 'AccessDenied' }])
  })

  it('tells planned deletions', async () => {
    const name = await created()
    await management.change({ kind: 'delete', name, recoveryDays: 7 }, { signal })
    expect(await names({ deleted: 'only' })).toEqual([name])
    expect(await names({ deleted: 'exclude' })).not.toContain(name)
    expect(await names()).toContain(name)
  })

  it('goes through 4,500 secrets at 40 calls a second, and does not trust a filter by tags that is cut at 4,000', async () => {
    const secrets = Array.from({ length: 4_500 }, (_none, at) => ({
      name: `many/${at}`,
      tags: { team: at % 2 === 0 ? 'even' : 'odd', all: 'yes' },
      versions: [{ id: 'v1', data: 'x' }],
    }))
    const accessKeys = [{ ...ADMIN, allow: [{ actions: ['kms:*'], resources: ['*'] }] }]
    await using large = await startSimulator({ clock, seed: { accessKeys, secrets, quota: { listPerSecond: 40 } } })
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), large.caPem])
    // As long as the quota counts a call.
    const onRetry = (error: SecretSyncError): void => {
      retried.push(error)
      void clock.advance(1_000)
    }
    await using of = manage({ onRetry }, large)
    const pages: ListProgress[] = []
    expect(await names({ onPage: (progress) => pages.push(progress) }, of)).toHaveLength(4_500)
    expect(pages.slice(0, 2)).toEqual([
      { read: 100, total: 4_500 },
      { read: 200, total: 4_500 },
    ])
    expect(pages.at(-1)?.read).toBe(4_500)
    expect(await names({ tags: { all: 'yes' } }, of)).toHaveLength(4_500)
    expect(await names({ tags: { team: 'even' } }, of)).toHaveLength(2_250)
    expect(await names({ filter: 'many/44*' }, of)).toHaveLength(111)
    expect(new Set(retried.map(({ code }) => code))).toEqual(new Set(['Throttled']))
  })

  it('ends at the deadline of the whole list, pages and rotations together', async () => {
    const secrets = Array.from({ length: 250 }, (_none, at) => ({
      name: `many/${at}`,
      versions: [{ id: 'v1', data: 'x' }],
    }))
    const accessKeys = [{ ...ADMIN, allow: [{ actions: ['kms:*'], resources: ['*'] }] }]
    await using three = await startSimulator({ clock, seed: { accessKeys, secrets } })
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), three.caPem])
    await using of = manage({}, three)
    const controlThree = simulatorControl(three.control)
    let read = 0
    const list = of.listSecrets({ timeoutMs: 5_900, onPage: (page) => ({ read } = page), signal })
    for (let at = 0; at < 100; at += 1) expect((await list.next()).done).toBe(false)
    await clock.advance(3_000)
    await controlThree('POST', '/faults', { match: { action: 'ListSecrets' }, fault: 'hang' })
    const failing = failureOf(list.next())
    await received('ListSecrets', 2, controlThree)
    await clock.advance(2_900)
    expect(await failing).toMatchObject({ code: 'Timeout', message: expect.stringMatching(/^listing secrets at /) })
    expect(read).toBe(100)
  })

  it('waits while KMS throttles', async () => {
    await control('POST', '/faults', { match: { action: 'ListSecrets' }, fault: 'throttle', count: 2, ms: 1_000 })
    expect(await names({ filter: 'shop/*' })).toEqual(['shop/db', 'shop/key'])
    expect(retried.map(({ code }) => code)).toEqual(['Throttled', 'Throttled'])
  })

  it('ends when its reader does', async () => {
    for await (const { name } of management.listSecrets({ signal })) {
      expect(name).not.toBe('')
      break
    }
    expect(await calls()).toEqual(['ListSecrets OK 1'])
  })

  it('ends when the caller aborts', async () => {
    const reading = (async () => {
      for await (const { name } of management.listSecrets({ signal: AbortSignal.abort() }))
        throw new Error(`gave ${name}`)
    })()
    expect(await failureOf(reading)).toMatchObject({ code: 'Cancelled' })
  })
})

describe('reads of one secret', () => {
  it('give everything but the value, without reading it', async () => {
    expect(await management.describe('shop/db', { signal })).toMatchObject({
      arn: 'acs:kms:cn-hangzhou:1234567890123456:secret/shop/db',
      type: 'Generic',
      description: 'main database',
      tags: { team: 'shop', env: 'prod' },
    })
    expect(await management.versions('shop/db', { signal })).toMatchObject([
      { versionId: 'v3', stages: ['ACSCurrent'] },
      { versionId: 'v2', stages: ['ACSPrevious'] },
      { versionId: 'v1', stages: [] },
    ])
    expect(await calls()).toEqual(['DescribeSecret OK 1', 'ListSecretVersionIds OK 1'])
  })

  it('name what is missing', async () => {
    expect(await failureOf(management.describe('gone', { signal }))).toMatchObject({
      code: 'NotFound',
      message: expect.stringMatching(/^KMS secret "gone" at 127\.0\.0\.1:\d+: no such secret/),
    })
    expect(await management.observe('gone', { signal })).toBe(undefined)
  })

  it('name the permission that is missing', async () => {
    await using reader = manage({ provider: provider('LTAI5tReader', 'reader') })
    expect(await failureOf(reader.versions('shop/db', { signal }))).toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining(
        'AccessKey LTAI5tReader may not call kms:ListSecretVersionIds on secret/shop/db',
      ),
    })
  })
})

describe('instanceQuotas', () => {
  it('gives the quotas of an instance, and what is used', async () => {
    const admin = { ...ADMIN, allow: [{ actions: ['kms:*'], resources: ['*'] }] }
    const instances = [{ id: 'kst-demo', quotas: { qps: 1_000, secret: 100 } }]
    await using own = await startSimulator({ seed: { accessKeys: [admin], instances } })
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), own.caPem])
    await using of = manage({}, own)
    await of.change(put('made/in-instance', { create: { kmsInstanceId: 'kst-demo' } }), { signal })
    expect(await of.instanceQuotas('kst-demo', { signal })).toEqual([
      { resource: 'qps', limit: 1_000, used: 0 },
      { resource: 'secret', limit: 100, used: 1 },
    ])
    expect(await of.describe('made/in-instance', { signal })).toMatchObject({ kmsInstanceId: 'kst-demo' })
    expect(await failureOf(of.instanceQuotas('kst-gone', { signal }))).toMatchObject({
      code: 'NotFound',
      message: expect.stringContaining('quotas of KMS instance "kst-gone"'),
    })
  })
})

describe('plan', () => {
  it('changes nothing', async () => {
    const plan = await management.plan(put('made/planned', { create: { tags: { team: 'a' } } }), { signal })
    expect(describePlan(plan)).toEqual([
      expect.stringMatching(/^create the secret with version \d{8}T\d{6}Z-[0-9a-f]{12}$/),
    ])
    expectRedacted([plan], [VALUE])
    expect(await management.observe('made/planned', { signal })).toBe(undefined)
    expect((await calls()).filter((call) => !/^(Describe|List)/.test(call))).toEqual([])
  })

  it('refuses without a call what no secret could allow', async () => {
    const plan = await management.plan(put('acs/mine'), { signal })
    expect(plan).toMatchObject({ kind: 'refused', error: { code: 'InvalidSpec' } })
    expect(await calls()).toEqual([])
    expect(await failureOf(management.apply(plan, { signal }))).toMatchObject({ code: 'InvalidSpec' })
  })
})

describe('put', () => {
  it('creates a secret with description and tags, and puts further values', async () => {
    const create = { description: 'made here', tags: { team: 'a', odd: '=& +' } }
    expect(await management.change(put('made/db', { create, versionId: 'v1' }), { signal })).toMatchObject({
      changed: true,
    })
    expect(await valueOf('made/db')).toBe(VALUE)
    expect(await management.describe('made/db', { signal })).toMatchObject({
      description: 'made here',
      tags: create.tags,
    })
    await management.change(put('made/db', { value: new Sensitive('second') }), { signal })
    expect([await valueOf('made/db'), await valueOf('made/db', 'ACSPrevious')]).toEqual(['second', VALUE])
  })

  it.each<[rule: string, value: string | Uint8Array, stored: string]>([
    ['text of any characters', "p=1&q=%20 +/(x)*'!~ 中 😀\n\u0000\r\n", "p=1&q=%20 +/(x)*'!~ 中 😀\n\u0000\r\n"],
    ['the longest text', 'x'.repeat(30_720), 'x'.repeat(30_720)],
    ['bytes', new Uint8Array([0, 255, 10, 128]), 'AP8KgA=='],
    ['a part of a larger buffer', new Uint8Array([9, 1, 2, 9]).subarray(1, 3), 'AQI='],
  ])('stores %s', async (_rule, value, stored) => {
    const name = await created()
    await management.change(put(name, { value: new Sensitive(value) }), { signal })
    expect((await valueOf(name)) === stored).toBe(true)
  })

  it('is idempotent by its version id, and refuses another value for it', async () => {
    const name = await created(VALUE)
    await management.change(put(name, { versionId: 'v1' }), { signal })
    expect(await management.versions(name, { signal })).toHaveLength(1)
    const other = put(name, { versionId: 'v1', value: new Sensitive('other') })
    expect(await failureOf(management.change(other, { signal }))).toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining('choose another version id'),
    })
  })

  it('makes an earlier value current again', async () => {
    const name = await created(VALUE)
    await management.change(put(name, { versionId: 'v2', value: new Sensitive('second') }), { signal })
    await management.change(put(name, { versionId: 'v1' }), { signal })
    expect([await valueOf(name), await valueOf(name, 'ACSPrevious')]).toEqual([VALUE, 'second'])
  })

  it('sends the value in the body, not in the URL', async () => {
    const seen: Array<{ path: string; headers: string }> = []
    const { subscribe, unsubscribe } = await import('node:diagnostics_channel')
    const note = (message: unknown): void => {
      const { request, headers } = message as { request: { path: string }; headers: string }
      seen.push({ path: request.path, headers })
    }
    subscribe('undici:client:sendHeaders', note)
    await created(VALUE)
    unsubscribe('undici:client:sendHeaders', note)
    expect(seen.filter(({ headers }) => headers.includes('x-acs-action: CreateSecret'))).toMatchObject([{ path: '/' }])
    expect(seen.filter(({ path }) => path.includes(VALUE) || path.includes('SecretData'))).toEqual([])
  })

  it('refuses a managed secret and one that is deleted', async () => {
    await control('PUT', '/secrets/managed', { data: 'x', type: 'ECS' })
    expect(await failureOf(management.change(put('managed'), { signal }))).toMatchObject({
      code: 'InvalidSpec',
      message: expect.stringContaining('managed type ECS'),
    })
    const name = await created()
    await management.change({ kind: 'delete', name }, { signal })
    expect(await failureOf(management.change(put(name), { signal }))).toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining('restore it first'),
    })
  })
})

describe('promote, rollback, rotate', () => {
  it('move the current stage', async () => {
    const name = await created('one')
    await management.change(put(name, { versionId: 'v2', value: new Sensitive('two') }), { signal })
    await management.change({ kind: 'rollback', name }, { signal })
    expect([await valueOf(name), await valueOf(name, 'ACSPrevious')]).toEqual(['one', 'two'])
    await management.change({ kind: 'promote', name, versionId: 'v2' }, { signal })
    expect(await valueOf(name)).toBe('two')
    expect(await management.change({ kind: 'promote', name, versionId: 'v2' }, { signal })).toMatchObject({
      changed: false,
    })
  })

  it('move a stage of the user, and no other one', async () => {
    const name = await created('one')
    await management.change({ kind: 'promote', name, versionId: 'v1', stage: 'green' }, { signal })
    await management.change(put(name, { versionId: 'v2', value: new Sensitive('two') }), { signal })
    expect([await valueOf(name), await valueOf(name, 'green')]).toEqual(['two', 'one'])
    await management.change({ kind: 'promote', name, versionId: 'v2', stage: 'green' }, { signal })
    expect([await valueOf(name), await valueOf(name, 'green')]).toEqual(['two', 'two'])
    expect(await valueOf(name, 'ACSPrevious')).toBe('one')
  })

  it('rotate a managed secret now, once for a version id', async () => {
    const before = await valueOf('acs/rds/main')
    const change: SecretChange = { kind: 'rotate', name: 'acs/rds/main', versionId: 'r2' }
    await management.change(change, { signal })
    const after = await valueOf('acs/rds/main')
    expect(after).not.toBe(before)
    expect(await management.change(change, { signal })).toMatchObject({ changed: false })
    expect(await valueOf('acs/rds/main')).toBe(after)
    expect(await failureOf(management.change({ kind: 'rotate', name: 'shop/db' }, { signal }))).toMatchObject({
      code: 'InvalidSpec',
    })
  })
})

describe('delete, restore, tag', () => {
  it('leave a window, and take it back', async () => {
    const name = await created(VALUE)
    await management.change({ kind: 'delete', name, recoveryDays: 7 }, { signal })
    const { plannedDeletionMs = 0 } = await management.describe(name, { signal })
    expect(Math.round((plannedDeletionMs - clock.now()) / 86_400_000)).toBe(7)
    expect(await management.change({ kind: 'delete', name }, { signal })).toMatchObject({ changed: false })
    await management.change({ kind: 'restore', name }, { signal })
    expect(await valueOf(name)).toBe(VALUE)
    expect(await management.change({ kind: 'restore', name }, { signal })).toMatchObject({ changed: false })
  })

  it('delete at once, if forced', async () => {
    const name = await created()
    await management.change({ kind: 'delete', name, force: true }, { signal })
    expect(await management.observe(name, { signal })).toBe(undefined)
    expect(await names({ filter: name })).toEqual([])
  })

  it('change tags', async () => {
    const name = await created()
    await management.change({ kind: 'tag', name, set: { a: '1', b: '2' } }, { signal })
    await management.change({ kind: 'tag', name, set: { b: '3' }, remove: ['a', 'none'] }, { signal })
    expect(await management.describe(name, { signal })).toMatchObject({ tags: { b: '3' } })
  })

  it('change the description, without reading versions', async () => {
    const name = await created()
    await control('DELETE', '/calls')
    await management.change({ kind: 'tag', name, set: { a: '1' }, description: 'made = & 中' }, { signal })
    expect(await management.describe(name, { signal })).toMatchObject({ description: 'made = & 中', tags: { a: '1' } })
    const { calls: made } = (await control('GET', '/calls?groupBy=action')) as { calls: { action: string }[] }
    expect(made.map(({ action }) => action).toSorted()).toEqual(['DescribeSecret', 'TagResource', 'UpdateSecret'])
  })
})

describe('apply', () => {
  it('refuses a plan that would be another one now', async () => {
    const name = await created('one')
    await management.change(put(name, { versionId: 'v2', value: new Sensitive('two') }), { signal })
    const plan = await management.plan({ kind: 'rollback', name }, { signal })
    await management.change(put(name, { versionId: 'v3', value: new Sensitive('three') }), { signal })
    expect(await failureOf(management.apply(plan, { signal }))).toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining('another program has changed it'),
    })
    expect(await valueOf(name)).toBe('three')
  })

  it('refuses to delete a secret that was given to another owner since the plan was made', async () => {
    const name = await created('one')
    const plan = await management.plan({ kind: 'delete', name, recoveryDays: 7 }, { signal })
    await management.change({ kind: 'tag', name, set: { owner: 'other' } }, { signal })
    expect(await failureOf(management.apply(plan, { signal }))).toMatchObject({ code: 'Conflict' })
    expect((await management.observe(name, { signal }))?.description.plannedDeletionMs).toBeUndefined()
  })

  it('refuses to put over a version that became current since the plan was made', async () => {
    const name = await created('one')
    const plan = await management.plan(put(name, { versionId: 'v3' }), { signal })
    await management.change(put(name, { versionId: 'v2', value: new Sensitive('two') }), { signal })
    expect(await failureOf(management.apply(plan, { signal }))).toMatchObject({ code: 'Conflict' })
    expect(await valueOf(name)).toBe('two')
  })

  it('may be repeated', async () => {
    const name = await created('one')
    const plan = await management.plan(put(name, { versionId: 'v2' }), { signal })
    await management.apply(plan, { signal })
    await management.apply(plan, { signal })
    expect([await valueOf(name), await valueOf(name, 'ACSPrevious')]).toEqual([VALUE, 'one'])
  })

  it.each<[rule: string, fault: object, states: StepState[], code: string]>([
    ['done after all, once a response is lost', { fault: 'lost', count: 1 }, ['sent', 'done'], ''],
    ['refused', { fault: 'deny' }, ['sent', 'refused'], 'AccessDenied'],
    ['refused, as long as KMS throttles', { fault: 'throttle' }, ['sent', 'refused'], 'Throttled'],
    ['unknown, if no response arrives', { fault: 'lost' }, ['sent'], 'Unavailable'],
    ['unknown, if the deadline passes', { fault: 'hang' }, ['sent'], 'Timeout'],
  ])('says whether KMS may have done a step: %s', async (_rule, fault, expected, code) => {
    const name = await created('one')
    await control('POST', '/faults', { match: { action: 'PutSecretValue' }, ...fault })
    await using hasty = manage({ attempts: 2, timeoutMs: 5_000 })
    const states: StepState[] = []
    const applying = hasty.change(put(name), { signal, onStep: (_step, state) => states.push(state) })
    if (code === 'Timeout') {
      await received('PutSecretValue', 1)
      void clock.advance(5_000)
    }
    if (code === '') expect(await applying).toMatchObject({ changed: true })
    else expect(await failureOf(applying)).toMatchObject({ code })
    expect(states).toEqual(expected)
  })

  it('does nothing for a plan whose goal has been reached', async () => {
    const name = await created()
    const plan = await management.plan({ kind: 'delete', name }, { signal })
    await management.change({ kind: 'delete', name }, { signal })
    expect(await management.apply(plan, { signal })).toMatchObject({ changed: false, plan: { kind: 'none' } })
  })
})

describe('while KMS fails', () => {
  /** Each kind of change, and what must be true of it afterwards, exactly once. */
  const changes: readonly [action: string, run: () => Promise<[change: SecretChange, check: () => Promise<void>]>][] = [
    [
      'CreateSecret',
      async () => {
        const name = `made/${(lastName += 1)}`
        return [put(name, { versionId: 'v1' }), async () => expect(await valueOf(name)).toBe(VALUE)]
      },
    ],
    [
      'PutSecretValue',
      async () => {
        const name = await created()
        const check = async () => {
          expect(await valueOf(name)).toBe(VALUE)
          expect(await management.versions(name, { signal })).toHaveLength(2)
        }
        return [put(name), check]
      },
    ],
    [
      'UpdateSecretVersionStage',
      async () => {
        const name = await created('one')
        await management.change(put(name, { versionId: 'v2' }), { signal })
        const check = async () => {
          expect([await valueOf(name), await valueOf(name, 'ACSPrevious')]).toEqual(['one', VALUE])
        }
        return [{ kind: 'rollback', name }, check]
      },
    ],
    [
      'RotateSecret',
      async () => {
        const before = (await management.versions('acs/rds/main', { signal })).length
        const check = async () => {
          expect(await management.versions('acs/rds/main', { signal })).toHaveLength(before + 1)
        }
        return [{ kind: 'rotate', name: 'acs/rds/main' }, check]
      },
    ],
    [
      'DeleteSecret',
      async () => {
        const name = await created()
        return [
          { kind: 'delete', name },
          async () => expect(await management.describe(name, { signal })).toHaveProperty('plannedDeletionMs'),
        ]
      },
    ],
    [
      'DeleteSecret',
      async () => {
        const name = await created()
        return [
          { kind: 'delete', name, force: true },
          async () => expect(await management.observe(name, { signal })).toBe(undefined),
        ]
      },
    ],
    [
      'RestoreSecret',
      async () => {
        const name = await created(VALUE)
        await management.change({ kind: 'delete', name }, { signal })
        return [{ kind: 'restore', name }, async () => expect(await valueOf(name)).toBe(VALUE)]
      },
    ],
  ]
  const faults = ['throttle', 'http503', 'reset', 'lost', 'garbage'] as const
  it.each(changes.flatMap(([action, run]) => faults.map((fault) => [action, fault, run] as const)))(
    '%s after %s is done once',
    async (action, fault, run) => {
      const [change, check] = await run()
      await control('POST', '/faults', { match: { action }, fault, count: 2 })
      expect(await management.change(change, { signal })).toMatchObject({ changed: true })
      await check()
      expect(retried.length).toBeGreaterThan(0)
      expectRedacted(retried, [VALUE, ADMIN.secret])
    },
  )

  it.each([
    ['with a version of its own', undefined],
    ['with the same version id', 'v1'],
  ])('does not take over a secret that another program has created meanwhile, %s', async (_rule, versionId) => {
    const name = `made/${(lastName += 1)}`
    const cut = Promise.withResolvers<void>()
    await using paused = manage({ onRetry: () => cut.resolve() })
    const plan = await paused.plan(put(name, { versionId: 'v1' }), { signal })
    await control('POST', '/faults', { match: { action: 'CreateSecret' }, fault: 'reset' })
    const applying = failureOf(paused.apply(plan, { signal }))
    // Between an attempt that was cut and the one that is not.
    await cut.promise
    await control('PUT', `/secrets/${encodeURIComponent(name)}`, { data: 'theirs', versionId })
    await control('DELETE', '/faults')
    await clock.advance(BACKOFF_MS)
    expect(await applying).toMatchObject({ code: 'Conflict' })
    expect(await valueOf(name)).toBe('theirs')
  })

  it('gives up after its attempts with the last error', async () => {
    await control('POST', '/faults', { match: { action: 'DescribeSecret' }, fault: 'http503' })
    await using hasty = manage({ attempts: 2 })
    expect(await failureOf(hasty.describe('shop/db', { signal }))).toMatchObject({ code: 'Unavailable' })
    expect(retried).toHaveLength(1)
  })

  it('ends at its deadline, while KMS does not respond', async () => {
    await control('POST', '/faults', { match: { action: 'DescribeSecret' }, fault: 'hang' })
    await using hasty = manage({ timeoutMs: 300 })
    const failing = failureOf(hasty.describe('shop/db', { signal }))
    await received('DescribeSecret', 1)
    await clock.advance(300)
    expect(await failing).toMatchObject({
      code: 'Timeout',
      message: expect.stringMatching(/describing KMS secret "shop\/db".*within 300 ms/),
    })
  })

  it('gives up with the last error, if the next attempt would be after its deadline', async () => {
    const fault = { match: { action: 'DescribeSecret' }, fault: 'throttle', ms: 60_000 }
    await control('POST', '/faults', fault)
    await using patient = manage({ attempts: 1_000, timeoutMs: 20_000 })
    expect(await failureOf(patient.describe('shop/db', { signal }))).toMatchObject({ code: 'Throttled' })
    expect(retried).toEqual([])
  })

  it('does not repeat what is refused', async () => {
    await control('POST', '/faults', { match: { action: 'PutSecretValue' }, fault: 'deny' })
    const name = await created()
    expect(await failureOf(management.change(put(name), { signal }))).toMatchObject({ code: 'AccessDenied' })
    expect(await calls()).toContain('PutSecretValue Forbidden.NoPermission 1')
  })

  it('cancels what is running when it is closed', async () => {
    await control('POST', '/faults', { match: { action: 'DescribeSecret' }, fault: 'hang' })
    const asked = failureOf(management.describe('shop/db', { signal }))
    await received('DescribeSecret', 1)
    await management.close()
    expect(await asked).toMatchObject({ code: 'Cancelled' })
  })
})

it.each([
  ['an endpoint that is none', { endpoint: 'https://kms' }, /endpoint: expected HOST/],
  ['no attempts', { attempts: 0 }, /attempts: expected a whole number/],
  ['no time', { timeoutMs: 0 }, /timeoutMs/],
])('refuses %s', (_what, options, message) => {
  expect(() => manage(options)).toThrow(message)
})

describe('a list of versions from a server that is no KMS', () => {
  const certificate = useFixture(() => issueServerCertificate(['127.0.0.1']))
  useTrusted(() => certificate.rootPem)

  /** How a list of 50 full pages ends. */
  async function listed(versionOf: (number: number) => object): Promise<{ failure: SecretSyncError; pages: number }> {
    let count = 0
    const page = (): object[] => Array.from({ length: count < 5_000 ? 100 : 0 }, () => versionOf((count += 1)))
    const keys = { key: certificate.keyPem, cert: certificate.chainPem }
    await using server = await startTestServer(
      (...call) => json(200, { TotalCount: 5_000, VersionIds: { VersionId: page() } })(...call),
      keys,
    )
    await using client = manage({ endpoint: server.endpoint })
    return { failure: await failureOf(client.versions('shop/db', { signal })), pages: server.seen.length }
  }

  const CreateTime = '2026-01-02T03:04:05Z'
  it.each<[rule: string, versionOf: (number: number) => object, pages: number, message: RegExp]>([
    [
      'ends after ten pages',
      (number) => ({ VersionId: `v${number}`, CreateTime }),
      10,
      /^KMS secret "shop\/db" at 127\.0\.0\.1:\d+: the response has 1000 versions or more$/,
    ],
    [
      'has no id that is longer than those of KMS',
      (number) => ({ VersionId: String(number).padStart(65, 'v'), CreateTime }),
      1,
      /the response has no valid VersionIds\.VersionId\.0\.VersionId$/,
    ],
    [
      'has no stage that is longer than those of KMS',
      (number) => ({ VersionId: `v${number}`, CreateTime, VersionStages: { VersionStage: ['v'.repeat(65)] } }),
      1,
      /the response has no valid VersionIds\.VersionId\.0\.VersionStages\.VersionStage\.0$/,
    ],
    [
      'has no more stages of a version than those of KMS',
      (number) => ({
        VersionId: `v${number}`,
        CreateTime,
        VersionStages: { VersionStage: Array.from({ length: 65 }, String) },
      }),
      1,
      /the response has no valid VersionIds\.VersionId\.0\.VersionStages\.VersionStage$/,
    ],
  ])('%s', async (_rule, versionOf, pages, message) => {
    const { failure, pages: requested } = await listed(versionOf)
    expect([failure.code, requested]).toEqual(['InvalidResponse', pages])
    expect(failure.message).toMatch(message)
  })
})
