import { describe, expect, it } from 'vitest'
import { useManagedKms } from '../testing/managed-kms.ts'
import { CANARY, start } from '../testing/run.ts'

const MANY = 4_050
const kms = useManagedKms({
  accessKeys: [
    { id: 'LTAI5tLister', secret: 'lister', allow: [{ actions: ['kms:ListSecrets'], resources: ['*'] }] },
    { id: 'LTAI5tReader', secret: 'reader', allow: [{ actions: ['kms:GetSecretValue'], resources: ['*'] }] },
  ],
  quota: { listPerSecond: 1_000 },
  secrets: [
    { name: 'shop/db', tags: { team: 'shop', env: 'prod' }, versions: [{ id: 'v1', data: `${CANARY}-db` }] },
    { name: 'Shop/db', tags: { team: 'shop' }, versions: [{ id: 'v1', data: 'x' }] },
    { name: 'shop/api', tags: { env: 'shop' }, versions: [{ id: 'v1', data: 'x' }] },
    {
      name: 'acs/rds/main',
      type: 'Rds',
      versions: [{ id: 'r1', data: '{"AccountPassword":"x"}' }],
      rotation: { automatic: true, interval: '168h', next: '2030-01-02T03:04:05Z' },
    },
    ...Array.from({ length: MANY }, (_none, at) => ({
      name: `many/${at}`,
      tags: { all: 'yes' },
      versions: [{ id: 'v1', data: 'x' }],
    })),
  ],
})
const as = (id: string): object => ({
  env: { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: id.slice(6).toLowerCase() },
})

describe('acksm list', () => {
  it.each<[rule: string, argv: string[], names: string[]]>([
    ['by pattern', ['shop/*'], ['shop/api', 'shop/db']],
    ['by one character', ['?hop/db'], ['Shop/db', 'shop/db']],
    ['by tag', ['--tag', 'team=shop'], ['Shop/db', 'shop/db']],
    ['by all of several tags', ['--tag', 'team=shop', '--tag', 'env'], ['shop/db']],
    ['by type, in any case', ['--type', 'rds', '--type', 'ECS'], ['acs/rds/main']],
    ['by none', ['nothing*'], []],
  ])('finds secrets %s', async (_rule, argv, names) => {
    const { code, out } = await kms.run(['list', '-o', 'name', ...argv])
    expect([code, out]).toEqual([0, names.map((name) => `${name}\n`).join('')])
  })

  it(`lists ${MANY} secrets, sorted, each once, and again the same`, async () => {
    await kms.forget()
    const { code, out, err } = await kms.run(['list', 'many/*', '-o', 'name'])
    const names = out.trimEnd().split('\n')
    expect([code, err, names.length]).toEqual([0, '', MANY])
    expect(names).toEqual(names.toSorted())
    expect(new Set(names).size).toBe(MANY)
    expect((await kms.run(['list', 'many/*', '-o', 'name', '--tag', 'all=yes'])).out).toBe(out)
    expect(await kms.valueReads()).toEqual([])
  })

  it('has a table, and a wide one with rotation and tags', async () => {
    expect((await kms.run(['list', 'shop/*'])).out).toMatch(
      /^NAME +TYPE +UPDATED +DELETED ON\nshop\/api +Generic +\d{4}-\d\d-\d\dT[\d:]+Z\nshop\/db +Generic +\S+Z\n$/,
    )
    const { out } = await kms.run(['list', '*/*', '--tag', 'team', '-o', 'wide'])
    expect(out).toMatch(/\nshop\/db +Generic +\S+ +- +env=prod,team=shop\n$/)
    expect((await kms.run(['list', 'acs/*', '-o', 'wide'])).out).toMatch(/Rds +\S+ +2030-01-02T03:04:05Z +-\n$/)
  })

  it('is one JSON document', async () => {
    const { out } = await kms.run(['list', 'acs/*', '-o', 'json'])
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const rotation = { automatic: true, intervalSeconds: 604_800, next: '2030-01-02T03:04:05Z' }
    expect(JSON.parse(out)).toEqual({
      secrets: [{ name: 'acs/rds/main', type: 'Rds', created: time, updated: time, tags: {}, rotation }],
      complete: true,
    })
    expect(JSON.parse((await kms.run(['list', 'nothing*', '-o', 'json'])).out)).toEqual({ secrets: [], complete: true })
  })

  it('shows planned deletions', async () => {
    await kms.control('DELETE', '/secrets/many/7', { recoveryWindowInDays: 7 })
    expect((await kms.run(['list', 'many/7'])).out).toMatch(/\nmany\/7 +Generic +\S+ +\S+Z\n$/)
    expect((await kms.run(['list', '--deleted', 'only', '-o', 'name'])).out).toBe('many/7\n')
    expect((await kms.run(['list', 'many/7', '--deleted', 'exclude'])).out).toBe('')
  })

  it('lists secrets that the identity may not describe, and says what is unknown', async () => {
    const { code, out, err } = await kms.run(['list', 'acs/*', '-o', 'wide'], as('LTAI5tLister'))
    expect([code, out]).toEqual([0, expect.stringMatching(/acs\/rds\/main +Rds +\S+ +\? +-\n$/)])
    expect(err).toMatch(/^acksm: warning: rotation of 1 secrets is unknown: .*kms:DescribeSecret.*\n$/)
  })

  it('names the permission that is missing', async () => {
    const { code, out, err } = await kms.run(['list'], as('LTAI5tReader'))
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^acksm: listing secrets at .*LTAI5tReader may not call kms:ListSecrets/)
  })

  it('says once that KMS throttles, and goes on', async () => {
    await kms.control('POST', '/faults', { match: { action: 'ListSecrets' }, fault: 'throttle', count: 3 })
    const { code, err } = await kms.run(['list', 'shop/*'])
    expect(code).toBe(0)
    expect(err).toMatch(/^acksm: listing secrets at [^\n]*; retrying for up to 30 s\n$/)
  })

  it('gives up at its deadline with the reason', async () => {
    await kms.control('POST', '/faults', { match: { action: 'ListSecrets' }, fault: 'http503' })
    const { code, out, err } = await kms.run(['list', '--timeout', '4s', '-o', 'json'])
    await kms.forget()
    expect([code, JSON.parse(out)]).toMatchObject([1, { error: { code: 'Unavailable' } }])
    expect(err).toMatch(/HTTP 503[^\n]*\n$/)
  })

  it.each<[type: string, code: number, err: RegExp]>([
    [
      'Foo',
      2,
      /^acksm: --type Foo: expected Generic, Rds, RAMCredentials, ECS, PolarDB or Redis; for a newer type of KMS use =Foo; see /,
    ],
    ['a b', 2, /^acksm: --type [^;]*: expected Generic, Rds, RAMCredentials, ECS, PolarDB or Redis; see /],
    ['=Foo', 0, /^acksm: no secrets match\n$/],
  ])('knows the types of KMS, and a newer one only if it is meant: %s', async (type, code, err) => {
    expect(await kms.run(['list', '--type', type])).toMatchObject({ code, out: '', err: expect.stringMatching(err) })
  })

  it.each([
    ['shop', "no secrets match shop; a pattern is for whole names, so use 'shop*' for those that begin with it"],
    ['none*', 'no secrets match none*'],
  ])('says what the pattern %s means when nothing matches', async (pattern, message) => {
    expect(await kms.run(['list', pattern])).toMatchObject({ code: 0, out: '', err: `acksm: ${message}\n` })
  })

  it('takes no longer than --timeout, with its rotations', async () => {
    await kms.control('POST', '/faults', { fault: 'slow', ms: 700 })
    const { code, out, err } = await kms.run(['list', '--timeout', '1s', '-o', 'wide'])
    await kms.forget()
    expect([code, out, err]).toEqual([
      1,
      '',
      expect.stringMatching(/^acksm: .* at 127\.0\.0\.1:\d+: no response within 1 s\n$/),
    ])
  })

  it('stops when it is interrupted', async () => {
    await kms.control('POST', '/faults', { match: { action: 'ListSecrets' }, fault: 'hang' })
    const listing = start(['list', '--endpoint', kms.endpoint], { env: { ...kms.env } })
    await kms.called('ListSecrets')
    listing.stop('SIGINT')
    expect(await listing.done).toMatchObject({ code: 130, out: '', err: '' })
    await kms.forget()
  })

  it('shows progress on a terminal after two seconds, and erases it', async () => {
    await kms.control('POST', '/faults', { match: { action: 'ListSecrets' }, fault: 'slow', ms: 2_400, count: 1 })
    const { err } = await kms.run(['list', 'shop/*'], { isTTY: { stdout: false, stderr: true } })
    expect(err.startsWith('\rlisting secrets …\u001b[K') && err.endsWith('\r\u001b[K')).toBe(true)
  })
})

it.each<[argv: string[], message: string | RegExp]>([
  [['--tag', '=x'], '--tag: expected KEY or KEY=VALUE, got no key; see acksm list --help'],
  [['--tag', 'a=1', '--tag', 'a=2'], '--tag a: given twice; see acksm list --help'],
  [['-o', 'yaml'], '--output yaml: expected human or wide or name or json; see acksm list --help'],
  [['--deleted', 'yes'], '--deleted yes: expected include or exclude or only; see acksm list --help'],
  [['a', 'b'], /^acksm: too many arguments.*; see acksm list --help\n$/],
  [['x'.repeat(257)], 'filter: expected at most 256 characters'],
  [['--yes'], "unknown option '--yes'; see acksm list --help"],
])('acksm list %j: one clear line, exit code 2', async (argv, message) => {
  await kms.forget()
  const { code, out, err } = await kms.run(['list', ...argv])
  if (typeof message === 'string') expect(err).toBe(`acksm: ${message}\n`)
  else expect(err).toMatch(message)
  expect([code, out]).toEqual([2, ''])
  expect(await kms.calls()).toEqual([])
})

describe('acksm versions', () => {
  it('lists versions and stages, newest first', async () => {
    const name = await kms.secret('one', 'two', 'three')
    expect((await kms.run(['versions', name])).out).toMatch(
      /^VERSION +STAGES +CREATED\nv3 +ACSCurrent +\S+Z\nv2 +ACSPrevious +\S+Z\nv1 +- +\S+Z\n$/,
    )
    expect((await kms.run(['versions', name, '-o', 'name'])).out).toBe('v3\nv2\nv1\n')
    expect(await kms.stagesOf(name)).toBe('v3=ACSCurrent v2=ACSPrevious v1=')
  })

  it('names a secret that does not exist', async () => {
    const { code, out, err } = await kms.run(['versions', 'none', '-o', 'json'])
    expect([code, JSON.parse(out)]).toMatchObject([1, { error: { code: 'NotFound', requestId: expect.any(String) } }])
    expect(err).toMatch(/^acksm: KMS secret "none" at \S+: no such secret/)
  })
})
