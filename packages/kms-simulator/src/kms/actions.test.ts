import { describe, expect, it } from 'vitest'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { ADMIN, READER, SEED } from '../testing/seed.ts'
import { startTestSimulator } from '../testing/start-test-simulator.ts'
import { signedCall, type Signer } from '../testing/signed-call.ts'

const clock = new ManualClock()
const ARN = `acs:kms:${SEED.region}:${SEED.account}:secret/`
const DAY_MS = 86_400_000

const simulator = useFixture(() => startTestSimulator({ seed: SEED, clock }))

async function call(
  action: string,
  params: Record<string, string> = {},
  signer: Signer = ADMIN,
): Promise<Record<string, unknown>> {
  const date = new Date(clock.now())
  const reply = await signedCall(action, { endpoint: simulator.kms, caPem: simulator.caPem, signer, params, date })
  return reply.json
}

async function create(name: string, extra: Record<string, string> = {}): Promise<string> {
  await call('CreateSecret', { SecretName: name, VersionId: 'v1', SecretData: 'one', ...extra })
  return name
}

describe('GetSecretValue', () => {
  it('returns a text, by name and by ARN', async () => {
    const expected = {
      RequestId: expect.any(String),
      SecretName: 'app/db',
      SecretType: 'Generic',
      SecretData: '{"user":"tom"}',
      SecretDataType: 'text',
      VersionId: 'v1',
      VersionStages: { VersionStage: ['ACSCurrent'] },
      CreateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    }
    expect(await call('GetSecretValue', { SecretName: 'app/db' })).toEqual(expected)
    expect(await call('GetSecretValue', { SecretName: `${ARN}app/db` })).toEqual(expected)
  })

  it('returns bytes as base64', async () => {
    expect(await call('GetSecretValue', { SecretName: 'app/key' })).toMatchObject({
      SecretData: 'AAEC/w==',
      SecretDataType: 'binary',
    })
  })

  it('returns the rotation of a managed secret, and ignores a version id', async () => {
    expect(await call('GetSecretValue', { SecretName: 'acs/rds/main', VersionId: 'any' })).toMatchObject({
      SecretType: 'Rds',
      VersionId: 'r1',
      AutomaticRotation: 'Enabled',
      RotationInterval: '604800s',
      NextRotationDate: '2030-01-02T03:04:05Z',
    })
  })

  it.each([
    ['the secret does not exist', { SecretName: 'none' }, 'Forbidden.ResourceNotFound'],
    ['the version does not exist', { SecretName: 'app/db', VersionId: 'v9' }, 'Forbidden.ResourceNotFound'],
    ['the stage does not exist', { SecretName: 'app/db', VersionStage: 'ACSPrevious' }, 'Forbidden.ResourceNotFound'],
    [
      'the ARN is of another account',
      { SecretName: 'acs:kms:cn-hangzhou:9:secret/app/db' },
      'Forbidden.ResourceNotFound',
    ],
    ['the name is invalid', { SecretName: 'a b' }, 'InvalidParameter'],
    ['the name is missing', {}, 'MissingParameter'],
    ['a flag is neither true nor false', { SecretName: 'app/db', FetchExtendedConfig: 'yes' }, 'InvalidParameter'],
  ])('fails when %s', async (_what, params, code) => {
    expect(await call('GetSecretValue', params)).toMatchObject({ Code: code })
  })

  it.each([
    ['app/db', ADMIN, 'DryRunOperationError'],
    ['acs/rds/main', READER, 'AccessDeniedError'],
    ['none', ADMIN, 'ValidationError'],
  ])('returns the expected result for a dry run: %s', async (name, signer, code) => {
    const response = await call('GetSecretValue', { SecretName: name, DryRun: 'true' }, signer)
    expect(response).toMatchObject({ Code: code })
    expect(response).not.toHaveProperty('SecretData')
  })
})

it('BatchGetSecretValue handles each secret separately', async () => {
  const list = [{ SecretName: 'app/db' }, { SecretName: 'acs/rds/main' }, { SecretName: 'app/none' }]
  expect(await call('BatchGetSecretValue', { SecretsList: JSON.stringify(list) }, READER)).toMatchObject({
    SecretValues: [{ SecretName: 'app/db', SecretData: '{"user":"tom"}' }],
    Errors: [
      { SecretName: 'acs/rds/main', Code: 'Forbidden.NoPermission', HttpStatus: 403 },
      { SecretName: 'app/none', Code: 'Forbidden.ResourceNotFound', HttpStatus: 404 },
    ],
  })
  expect(await call('BatchGetSecretValue', { SecretsList: '[1]' })).toMatchObject({ Code: 'InvalidParameter' })
})

describe('CreateSecret', () => {
  it('creates the secret that DescribeSecret returns', async () => {
    const name = await create('made/one', {
      Description: 'first',
      EncryptionKeyId: 'key-1',
      DKMSInstanceId: 'kst-1',
      ExtendedConfig: '{"a":1}',
      Tags: '[{"TagKey":"team","TagValue":"a"}]',
    })
    expect(await call('DescribeSecret', { SecretName: name, FetchTags: 'true' })).toMatchObject({
      Arn: `${ARN}${name}`,
      Description: 'first',
      EncryptionKeyId: 'key-1',
      DKMSInstanceId: 'kst-1',
      ExtendedConfig: '{"a":1}',
      Tags: { Tag: [{ TagKey: 'team', TagValue: 'a' }] },
    })
    expect(await call('GetSecretValue', { SecretName: name })).not.toHaveProperty('ExtendedConfig')
    expect(await call('GetSecretValue', { SecretName: name, FetchExtendedConfig: 'true' })).toHaveProperty(
      'ExtendedConfig',
      '{"a":1}',
    )
  })

  it.each(['Generic', 'Rds', 'RAMCredentials', 'ECS', 'PolarDB', 'Redis'])('supports the type %s', async (type) => {
    const name = await create(`typed/${type}`, { SecretType: type })
    expect(await call('GetSecretValue', { SecretName: name })).toMatchObject({ SecretType: type, SecretData: 'one' })
  })

  it.each([
    ['a duplicate name', { SecretName: 'app/db' }, 'Rejected.ResourceExist'],
    ['a reserved name', { SecretName: 'acs/mine' }, 'InvalidParameter'],
    ['an unknown type', { SecretName: 'x', SecretType: 'Other' }, 'InvalidParameter'],
    ['bytes that are not base64', { SecretName: 'x', SecretDataType: 'binary', SecretData: '%%' }, 'InvalidParameter'],
    ['no value', { SecretName: 'x', SecretData: '' }, 'MissingParameter'],
  ])('refuses %s', async (_what, params, code) => {
    expect(await call('CreateSecret', { VersionId: 'v1', SecretData: 'x', ...params })).toMatchObject({ Code: code })
  })
})

describe('versions', () => {
  it('follow PutSecretValue and UpdateSecretVersionStage', async () => {
    const name = await create('made/versions')
    const put = await call('PutSecretValue', { SecretName: name, VersionId: 'v2', SecretData: 'two' })
    expect(put).toMatchObject({ VersionId: 'v2', VersionStages: { VersionStage: ['ACSCurrent'] } })
    expect(await call('GetSecretValue', { SecretName: name, VersionStage: 'ACSPrevious' })).toMatchObject({
      SecretData: 'one',
    })
    await call('UpdateSecretVersionStage', { SecretName: name, VersionStage: 'ACSCurrent', MoveToVersion: 'v1' })
    expect(await call('GetSecretValue', { SecretName: name })).toMatchObject({ VersionId: 'v1' })
    const again = { SecretName: name, VersionId: 'v2', SecretData: 'other' }
    expect(await call('PutSecretValue', again)).toMatchObject({ Code: 'Rejected.ResourceExist' })
  })

  it('are listed in pages, deprecated ones on request', async () => {
    const name = await create('made/many')
    for (let at = 2; at <= 6; at += 1) {
      await call('PutSecretValue', { SecretName: name, VersionId: `v${at}`, SecretData: `${at}` })
    }
    expect(await call('ListSecretVersionIds', { SecretName: name })).toMatchObject({
      TotalCount: 2,
      VersionIds: {
        VersionId: [{ VersionId: 'v5' }, { VersionId: 'v6', VersionStages: { VersionStage: ['ACSCurrent'] } }],
      },
    })
    const page = { SecretName: name, IncludeDeprecated: 'true', PageNumber: '2', PageSize: '4' }
    expect(await call('ListSecretVersionIds', page)).toMatchObject({
      TotalCount: 6,
      PageNumber: 2,
      PageSize: 4,
      VersionIds: { VersionId: [{ VersionId: 'v5' }, { VersionId: 'v6' }] },
    })
    expect(await call('ListSecretVersionIds', { ...page, PageSize: '101' })).toMatchObject({ Code: 'InvalidParameter' })
  })
})

it('of managed secrets are rotated, not written', async () => {
  const name = 'acs/rds/main'
  expect(await call('PutSecretValue', { SecretName: name, VersionId: 'x', SecretData: 'x' })).toMatchObject({
    Code: 'Rejected.UnsupportedOperation',
  })
  expect(await call('RotateSecret', { SecretName: name, VersionId: 'r2' })).toMatchObject({
    Arn: `${ARN}${name}`,
    VersionId: 'r2',
  })
  const value = await call('GetSecretValue', { SecretName: name })
  const data = JSON.parse(String(value['SecretData'])) as Record<string, string>
  expect(data['AccountName']).toBe('app')
  expect(data['AccountPassword']).not.toBe('old')
  expect(Date.parse(String(value['LastRotationDate']))).toBe(Math.floor(clock.now() / 1_000) * 1_000)
  expect(Date.parse(String(value['NextRotationDate'])) - Date.parse(String(value['LastRotationDate']))).toBe(7 * DAY_MS)
  expect(await call('RotateSecret', { SecretName: 'app/db', VersionId: 'v2' })).toMatchObject({
    Code: 'Rejected.UnsupportedOperation',
  })
})

describe('DeleteSecret', () => {
  it('has a recovery window for RestoreSecret', async () => {
    const name = await create('made/deleted')
    const deleted = await call('DeleteSecret', { SecretName: name, RecoveryWindowInDays: '7' })
    expect(Date.parse(String(deleted['PlannedDeleteTime'])) - clock.now()).toBeGreaterThan(7 * DAY_MS - 1_000)
    expect(await call('GetSecretValue', { SecretName: name })).toMatchObject({
      Code: 'Rejected.ResourceInDeleteWindow',
    })
    expect(await call('DescribeSecret', { SecretName: name })).toHaveProperty('PlannedDeleteTime')
    await call('RestoreSecret', { SecretName: name })
    expect(await call('GetSecretValue', { SecretName: name })).toMatchObject({ SecretData: 'one' })
    expect(await call('RestoreSecret', { SecretName: name })).toMatchObject({ Code: 'Rejected.StateModifiedFailed' })
  })

  it('deletes the secret after the window, or at once', async () => {
    const waiting = await create('made/waiting')
    const forced = await create('made/forced')
    await call('DeleteSecret', { SecretName: waiting, RecoveryWindowInDays: '7' })
    await call('DeleteSecret', { SecretName: forced, ForceDeleteWithoutRecovery: 'true' })
    expect(await call('GetSecretValue', { SecretName: forced })).toMatchObject({ Code: 'Forbidden.ResourceNotFound' })
    await clock.advance(7 * DAY_MS)
    expect(await call('GetSecretValue', { SecretName: waiting })).toMatchObject({ Code: 'Forbidden.ResourceNotFound' })
    expect(await call('RestoreSecret', { SecretName: waiting })).toMatchObject({ Code: 'Forbidden.ResourceNotFound' })
  })
})

describe('ListSecrets', () => {
  const names = (response: Record<string, unknown>): string[] =>
    (response['SecretList'] as { Secret: { SecretName: string }[] }).Secret.map(({ SecretName }) => SecretName)

  it('returns pages without gaps and duplicates', async () => {
    for (let at = 0; at < 25; at += 1) await create(`paged/${at}`)
    const filters = JSON.stringify([{ Key: 'SecretName', Values: ['paged/'] }])
    const pages: string[][] = []
    for (const PageNumber of ['1', '2', '3', '4']) {
      pages.push(names(await call('ListSecrets', { Filters: filters, PageNumber })))
    }
    expect(pages.map((page) => page.length)).toEqual([10, 10, 5, 0])
    expect(new Set(pages.flat()).size).toBe(25)
    expect(await call('ListSecrets', { Filters: filters, PageSize: '100' })).toMatchObject({
      TotalCount: 25,
      PageNumber: 1,
      PageSize: 100,
    })
  })

  it('matches one of the values of every filter', async () => {
    await create('tagged/a', { Tags: '[{"TagKey":"team","TagValue":"a"}]' })
    await create('tagged/b', { Tags: '[{"TagKey":"team","TagValue":"b"}]' })
    const list = async (filters: unknown): Promise<string[]> =>
      names(await call('ListSecrets', { Filters: JSON.stringify(filters) }))
    expect(await list([{ Key: 'SecretName', Values: ['tagged/a', 'tagged/b'] }])).toEqual(['tagged/a', 'tagged/b'])
    expect(
      await list([
        { Key: 'TagKey', Values: ['team'] },
        { Key: 'TagValue', Values: ['b'] },
      ]),
    ).toEqual(['tagged/b'])
    expect(await list([{ Key: 'SecretType', Values: ['ECS'] }])).toEqual(['typed/ECS'])
  })

  it.each([
    ['an unknown key', '[{"Key":"Colour","Values":["red"]}]'],
    ['text that is not JSON', '{'],
    ['too many values', JSON.stringify([{ Key: 'SecretName', Values: Array.from({ length: 11 }, String) }])],
  ])('refuses %s', async (_what, filters) => {
    expect(await call('ListSecrets', { Filters: filters })).toMatchObject({ Code: 'InvalidParameter' })
  })
})

describe('tags and descriptions', () => {
  it('are of the seed, and are changed', async () => {
    const name = await create('made/tagged')
    await call('TagResource', {
      SecretName: name,
      Tags: '[{"TagKey":"team","TagValue":"a"},{"TagKey":"env","TagValue":"x"}]',
    })
    await call('TagResource', { SecretName: name, Tags: '[{"TagKey":"team","TagValue":"b"}]' })
    await call('UntagResource', { SecretName: name, TagKeys: '["env","none"]' })
    await call('UpdateSecret', { SecretName: name, Description: 'changed' })
    expect(await call('DescribeSecret', { SecretName: name, FetchTags: 'true' })).toMatchObject({
      Description: 'changed',
      Tags: { Tag: [{ TagKey: 'team', TagValue: 'b' }] },
    })
  })

  it.each([
    ['a reserved key', 'TagResource', { Tags: '[{"TagKey":"acs:x","TagValue":""}]' }, 'InvalidParameter'],
    ['no tags', 'TagResource', {}, 'MissingParameter'],
    [
      'a 21st tag',
      'TagResource',
      { Tags: JSON.stringify(Array.from({ length: 21 }, (_none, at) => ({ TagKey: `k${at}`, TagValue: '' }))) },
      'Rejected.LimitExceeded',
    ],
    ['no keys', 'UntagResource', {}, 'MissingParameter'],
    ['a description of a whole book', 'UpdateSecret', { Description: 'x'.repeat(8_193) }, 'InvalidParameter'],
  ])('refuses %s', async (_what, action, params, code) => {
    expect(await call(action, { SecretName: 'app/db', ...params })).toMatchObject({ Code: code })
  })
})

it('RotateSecret with a version id that exists is the same rotation', async () => {
  const name = await create('made/rotated', { SecretType: 'RAMCredentials' })
  await call('RotateSecret', { SecretName: name, VersionId: 'r2' })
  const first = await call('GetSecretValue', { SecretName: name })
  expect(await call('RotateSecret', { SecretName: name, VersionId: 'r2' })).toMatchObject({ VersionId: 'r2' })
  expect(await call('GetSecretValue', { SecretName: name })).toMatchObject({ SecretData: first['SecretData'] })
})

describe('an account of 4,500 secrets, with quotas', () => {
  const at = (action: string, params: Record<string, string> = {}) =>
    signedCall(action, { endpoint: large.kms, caPem: large.caPem, signer: ADMIN, params, date: new Date(clock.now()) })

  const large = useFixture(async () => {
    const secrets = Array.from({ length: 4_500 }, (_none, index) => ({
      name: `many/${index}`,
      description: `secret ${index}`,
      tags: { team: 'shop' },
      versions: [{ id: 'v1', data: 'x' }],
    }))
    const quota = { writePerSecond: 2, listPerSecond: 40, rotatePerHour: 1 }
    return startTestSimulator({ seed: { ...SEED, secrets, quota }, clock })
  })

  it('is listed to its end, and by tags to the 4,000th', async () => {
    expect((await at('ListSecrets', { PageNumber: '45', PageSize: '100', FetchTags: 'true' })).json).toMatchObject({
      TotalCount: 4_500,
      SecretList: { Secret: expect.arrayContaining([expect.objectContaining({ SecretName: 'many/4499' })]) },
    })
    const filters = JSON.stringify([{ Key: 'TagKey', Values: ['team'] }])
    expect((await at('ListSecrets', { Filters: filters })).json).toMatchObject({ TotalCount: 4_000 })
  })

  it.each([
    ['CreateSecret', 2, 1_000],
    ['ListSecrets', 40, 1_000],
    ['RotateSecret', 1, 3_600_000],
  ])('throttles %s above %i in %i ms', async (action, most, windowMs) => {
    await clock.advance(3_600_000)
    const params = { SecretName: 'many/0', VersionId: 'v9', SecretData: 'x' }
    const codes: unknown[] = []
    for (let calls = 0; calls <= most; calls += 1) codes.push((await at(action, params)).json['Code'])
    expect(codes.indexOf('Rejected.Throttling')).toBe(most)
    await clock.advance(windowMs)
    expect((await at(action, params)).json['Code']).not.toBe('Rejected.Throttling')
  })
})

it('a version of the seed without stages is deprecated if there are others', async () => {
  const versions = [
    { id: 'v1', data: 'one' },
    { id: 'v2', data: 'two', stages: ['ACSCurrent'] },
  ]
  await using seeded = await startTestSimulator({ seed: { ...SEED, secrets: [{ name: 'two', versions }] }, clock })
  const params = { SecretName: 'two', IncludeDeprecated: 'true' }
  const date = new Date(clock.now())
  const { json } = await signedCall('ListSecretVersionIds', {
    endpoint: seeded.kms,
    caPem: seeded.caPem,
    signer: ADMIN,
    params,
    date,
  })
  expect(json['VersionIds']).toMatchObject({
    VersionId: [
      { VersionId: 'v1', VersionStages: { VersionStage: [] } },
      { VersionStages: { VersionStage: ['ACSCurrent'] } },
    ],
  })
})
