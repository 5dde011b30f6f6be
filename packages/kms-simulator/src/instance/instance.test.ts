import { createHash } from 'node:crypto'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Seed } from '../seed.ts'
import { type Simulator, startSimulator } from '../simulator.ts'
import { controlCall } from '../testing/control-call.ts'
import { dkmsCall, type DkmsReply, type HeldKey, openClientKey } from '../testing/dkms-call.ts'
import { ADMIN, READER, SEED } from '../testing/seed.ts'
import { signedCall } from '../testing/signed-call.ts'
import { simulatorOfTest, startTestSimulator } from '../testing/start-test-simulator.ts'
import type { ProtobufField } from './protobuf.ts'

const clock = new ManualClock()
const DAY_MS = 86_400_000

const seed = {
  ...SEED,
  instances: [
    { id: 'kst-demo', clientKeys: [{ id: 'KAAP.demo', password: 'demo', secrets: ['app/*'] }] },
    {
      id: 'kst-other',
      clientKeys: [
        {
          id: 'KAAP.modern',
          password: 'other word',
          encryption: 'aes',
          secrets: [`acs:kms:*:${SEED.account}:secret/acs/*`],
          notAfter: new Date(clock.now() + DAY_MS).toISOString(),
        },
      ],
    },
  ],
} satisfies Seed

const start = (extra: Partial<Seed> = {}): Promise<Simulator> => simulatorOfTest({ seed: { ...seed, ...extra }, clock })

/** Shared by read-only tests, because creating client keys takes most of the start time. */
let shared: Promise<Simulator> | undefined
afterAll(async () => (await shared)?.close())

function unchanged(): Promise<Simulator> {
  shared ??= startTestSimulator({ seed, clock })
  return shared
}

async function hold(simulator: Simulator, id = 'KAAP.demo'): Promise<HeldKey> {
  return openClientKey(simulator.clientKeys[id] ?? { file: '', password: '' })
}

type Extra = Partial<Parameters<typeof dkmsCall>[0]> & { readonly name?: string }

async function get(simulator: Simulator, held: HeldKey, extra: Extra = {}): Promise<DkmsReply> {
  const ca = await readFile(simulator.instanceRootCaFile ?? '', 'utf8')
  const fields: ProtobufField[] = [[1, extra.name ?? 'app/db']]
  return dkmsCall({ endpoint: simulator.instance ?? '', ca, held, fields, date: new Date(clock.now()), ...extra })
}

function summary({ status, fields }: DkmsReply): unknown[] {
  return [status, fields[2]]
}

describe('a client key', () => {
  it('reads a secret', async () => {
    const simulator = await start()
    const { status, contentType, fields } = await get(simulator, await hold(simulator))
    expect([status, contentType, fields]).toEqual([
      200,
      'application/x-protobuf',
      {
        1: 'app/db',
        2: 'Generic',
        3: '{"user":"tom"}',
        4: 'text',
        5: 'ACSCurrent',
        6: 'v1',
        7: expect.stringMatching(/Z$/),
        8: expect.any(String),
      },
    ])
    expect((await controlCall(simulator.control, 'GET', '/calls')).body['calls']).toEqual([
      { action: 'GetSecretValue', secret: 'app/db', identity: 'KAAP.demo', result: 'OK', count: 1 },
    ])
  })

  it('reads bytes, versions and fields of managed types', async () => {
    const simulator = await start()
    const held = await hold(simulator)
    expect((await get(simulator, held, { name: 'app/key' })).fields).toMatchObject({ 3: 'AAEC/w==', 4: 'binary' })
    await controlCall(simulator.control, 'PUT', '/secrets/app/db', { data: 'new', versionId: 'v2' })
    const version = async (...more: ProtobufField[]): Promise<unknown> =>
      (await get(simulator, held, { fields: [[1, 'app/db'], ...more] })).fields[3]
    expect(await version()).toBe('new')
    expect(await version([2, 'ACSPrevious'])).toBe('{"user":"tom"}')
    expect(await version([3, 'v1'])).toBe('{"user":"tom"}')
    const managed = await get(simulator, await hold(simulator, 'KAAP.modern'), { name: 'acs/rds/main' })
    expect(managed.fields).toMatchObject({ 2: 'Rds', 10: '2030-01-02T03:04:05Z', 12: 'Enabled', 13: '604800s' })
  })

  it.each<[string, Extra, number, string]>([
    ['a missing secret', { name: 'app/none' }, 404, 'Forbidden.ResourceNotFound'],
    ['a secret without permission', { name: 'acs/rds/main' }, 403, 'Forbidden.NoPermission'],
    ['no name', { fields: [] }, 400, 'InvalidParameter'],
    ['a body that is not a message', { before: (wire) => sign(wire, Buffer.from([0x0a, 5])) }, 400, 'InvalidParameter'],
    [
      'another media type',
      { before: (wire) => set(wire, 'content-type', 'application/json') },
      415,
      'InvalidContentType',
    ],
    ['another version', { before: (wire) => set(wire, 'x-kms-apiversion', '2016-01-02') }, 400, 'InvalidApiVersion'],
    ['another action', { before: (wire) => set(wire, 'x-kms-apiname', 'DeleteSecret') }, 400, 'InvalidApiName'],
    ['another path', { before: (wire) => void (wire.path = '/x') }, 400, 'InvalidApiName'],
    ['another method', { before: (wire) => void (wire.method = 'PUT') }, 400, 'InvalidApiName'],
    ['no key id', { before: (wire) => set(wire, 'x-kms-acccesskeyid', '') }, 400, 'MissingParameter'],
    ['an unknown key id', { before: (wire) => set(wire, 'x-kms-acccesskeyid', 'KAAP.x') }, 404, 'Unauthorized'],
    [
      'the id of another key',
      { before: (wire) => set(wire, 'x-kms-acccesskeyid', 'KAAP.modern') },
      401,
      'SignatureNotMatch',
    ],
    ['another signature method', { before: (wire) => set(wire, 'x-kms-signaturemethod', 'X') }, 400, 'InvalidParam'],
    ['no date', { before: (wire) => set(wire, 'date', 'today') }, 400, 'InvalidParam'],
    [
      'a body that was not signed',
      { tamper: (wire) => void (wire.body = Buffer.from([0x0a, 0])) },
      400,
      'InvalidParam',
    ],
    ['no signature', { tamper: (wire) => void delete wire.headers['authorization'] }, 400, 'InvalidParam'],
    [
      'a header that was added in transit',
      { tamper: (wire) => set(wire, 'x-kms-extra', '1') },
      401,
      'SignatureNotMatch',
    ],
    ['a flipped byte of the signature', { tamper: flip }, 401, 'SignatureNotMatch'],
  ])('is refused for %s', async (_what, extra, status, code) => {
    const simulator = await unchanged()
    expect(summary(await get(simulator, await hold(simulator), extra))).toEqual([status, code])
  })

  it.each([
    [-901_000, 400],
    [-900_000, 200],
    [900_000, 200],
    [901_000, 400],
  ])('accepts a clock skew of 15 minutes (%i ms → %i)', async (skewMs, status) => {
    const simulator = await unchanged()
    const date = new Date(Math.floor(clock.now() / 1_000) * 1_000 + skewMs)
    const reply = await get(simulator, await hold(simulator), { date })
    expect(summary(reply)).toEqual([status, status === 200 ? 'Generic' : 'RequestTimeTooSkewed'])
  })

  it('expires with its certificate', async () => {
    const simulator = await start()
    const held = await hold(simulator, 'KAAP.modern')
    expect((await get(simulator, held, { name: 'acs/rds/main' })).status).toBe(200)
    await clock.advance(DAY_MS)
    expect(summary(await get(simulator, held, { name: 'acs/rds/main' }))).toEqual([404, 'Unauthorized'])
  })

  it('has a separate quota', async () => {
    const simulator = await start({ quota: { instancePerSecond: 1 } })
    const held = await hold(simulator)
    expect((await get(simulator, held)).status).toBe(200)
    expect(summary(await get(simulator, held))).toEqual([429, 'Rejected.Throttling'])
  })

  it.each([
    ['throttle', 429, 'Rejected.Throttling'],
    ['http503', 503, 'ServiceUnavailableTemporary'],
    ['deny', 403, 'Forbidden.NoPermission'],
    ['garbage', 200, undefined],
    ['slow', 200, 'Generic'],
  ])('supports the fault %s', async (fault, status, code) => {
    const simulator = await unchanged()
    const match = { action: 'GetSecretValue', secret: 'app/*' }
    await controlCall(simulator.control, 'POST', '/faults', { match, fault, count: 1, ms: 5 })
    expect(summary(await get(simulator, await hold(simulator)))).toEqual([status, code])
  })

  it('is deleted and created on the control port', async () => {
    const simulator = await start()
    const held = await hold(simulator)
    const control = (method: string, body?: object): ReturnType<typeof controlCall> =>
      controlCall(simulator.control, method, '/clientKeys/KAAP.demo', body)
    await control('DELETE')
    expect(summary(await get(simulator, held))).toEqual([404, 'Unauthorized'])
    expect((await control('DELETE')).status).toBe(404)
    await control('PUT')
    expect((await get(simulator, held)).status).toBe(200)
    await control('PUT', { secrets: ['other'] })
    expect(summary(await get(simulator, held))).toEqual([403, 'Forbidden.NoPermission'])

    const renewed = await control('PUT', { password: 'new word', secrets: ['app/*'] })
    expect(renewed).toMatchObject({ status: 200, body: { id: 'KAAP.demo', password: 'new word' } })
    expect(summary(await get(simulator, held))).toEqual([401, 'SignatureNotMatch'])
    const fresh = await openClientKey({ file: String(renewed.body['file']), password: 'new word' })
    expect((await get(simulator, fresh)).status).toBe(200)

    const made = await controlCall(simulator.control, 'PUT', '/clientKeys/KAAP.new', { password: 'p' })
    const another = await openClientKey({ file: String(made.body['file']), password: 'p' })
    expect((await get(simulator, another)).status).toBe(200)
    expect((await controlCall(simulator.control, 'PUT', '/clientKeys/KAAP.x')).status).toBe(400)
    expect((await controlCall(simulator.control, 'PUT', '/clientKeys/a%20b', { password: 'p' })).status).toBe(400)
  })
})

describe('a client key file', () => {
  it('is PKCS#12 as from KMS, or with modern encryption, and readable only by its owner', async () => {
    const simulator = await unchanged()
    const pkcs12 = async (id: string): Promise<Buffer> => {
      const text = await readFile(simulator.clientKeys[id]?.file ?? '', 'utf8')
      return Buffer.from((JSON.parse(text) as { PrivateKeyData: string }).PrivateKeyData, 'base64')
    }
    const open = (pfx: Buffer, passphrase: string): unknown => createSecureContext({ pfx, passphrase })
    const legacy = await pkcs12('KAAP.demo')
    const rc2 = Buffer.from('060a2a864886f70d010c0106', 'hex')
    const tripleDes = Buffer.from('060a2a864886f70d010c0103', 'hex')
    expect([legacy.includes(rc2), legacy.includes(tripleDes)]).toEqual([true, true])
    expect(() => open(legacy, 'demo')).toThrow('Unsupported PKCS12 PFX data')
    const modern = await pkcs12('KAAP.modern')
    expect(() => open(modern, 'other word')).not.toThrow()
    expect(() => open(modern, 'wrong')).toThrow('mac verify failure')
    await expect(openClientKey({ ...file(simulator), password: 'wrong' })).rejects.toThrow('Invalid password')
    expect((await stat(file(simulator).file)).mode & 0o777).toBe(0o600)
  })

  it('can be an existing file', async () => {
    const first = await start()
    const directory = await directoryOfTest()
    const path = join(directory, 'key.json')
    await writeFile(path, await readFile(file(first).file))
    const withFile = (id: string, password: string): Partial<Seed> => ({
      instances: [{ id: 'kst-demo', clientKeys: [{ id, password, file: path }] }],
    })
    const second = await start(withFile('KAAP.demo', 'demo'))
    expect(second.clientKeys).toEqual({ 'KAAP.demo': { file: path, password: 'demo' } })
    expect((await get(second, await hold(second))).status).toBe(200)
    const refused = { code: 'InvalidSpec', message: expect.stringContaining('client key KAAP.') }
    await expect(start(withFile('KAAP.demo', 'wrong'))).rejects.toThrow(expect.objectContaining(refused))
    await expect(start(withFile('KAAP.x', 'demo'))).rejects.toThrow('it has another KeyId')
    await writeFile(path, '{}')
    await expect(start(withFile('KAAP.demo', 'demo'))).rejects.toThrow('is not a client key file')
    await rm(path)
    await expect(start(withFile('KAAP.demo', 'demo'))).rejects.toThrow('cannot be read (ENOENT)')
  })
})

describe('a RAM identity at the instance', () => {
  it.each(['rpc-v1', 'acs3'] as const)('reads values, and cannot manage secrets (%s)', async (signature) => {
    const simulator = await unchanged()
    const caPem = await readFile(simulator.instanceRootCaFile ?? '', 'utf8')
    const call = (action: string, signer = ADMIN): ReturnType<typeof signedCall> =>
      signedCall(action, {
        endpoint: simulator.instance ?? '',
        caPem,
        signer,
        signature,
        date: new Date(clock.now()),
        params: { SecretName: 'acs/rds/main' },
      })
    expect((await call('GetSecretValue')).json).toMatchObject({ SecretName: 'acs/rds/main', SecretType: 'Rds' })
    expect((await call('GetSecretValue', READER)).json['Code']).toBe('Forbidden.NoPermission')
    expect((await call('GetSecretValue', { ...ADMIN, secret: 'wrong' })).json['Code']).toBe('SignatureDoesNotMatch')
    for (const action of ['DescribeSecret', 'PutSecretValue', 'ListSecrets', 'DeleteSecret']) {
      const reply = await call(action)
      expect([reply.status, reply.json['Code']]).toEqual([400, 'UnsupportedOperation'])
    }
    expect((await call('Nonsense')).json['Code']).toBe('InvalidAction.NotFound')
  })
})

it('the CA of the instance differs from that of KMS, and is deleted with the simulator', async () => {
  const simulator = await startSimulator({ seed, clock })
  onTestFinished(() => simulator.close())
  const files = [simulator.caFile, simulator.instanceRootCaFile ?? '', simulator.instanceCaFile ?? '']
  const pems = await Promise.all(files.map((path) => readFile(path, 'utf8')))
  expect(new Set(pems).size).toBe(3)
  const held = await hold(simulator)
  await expect(get(simulator, held, { ca: pems[0] ?? '' })).rejects.toThrow('unable to get local issuer certificate')
  await expect(get(simulator, held, { ca: pems[2] ?? '' })).rejects.toThrow('unable to get issuer certificate')
  expect((await get(simulator, held, { ca: (pems[1] ?? '') + (pems[2] ?? '') })).status).toBe(200)
  await simulator.close()
  await expect(stat(file(simulator).file)).rejects.toThrow('ENOENT')
})

type Wire = Parameters<NonNullable<Extra['tamper']>>[0]

function file(simulator: Simulator): { file: string; password: string } {
  return simulator.clientKeys['KAAP.demo'] ?? { file: '', password: '' }
}

function set(wire: Wire, header: string, value: string): void {
  wire.headers[header] = value
}

function sign(wire: Wire, body: Buffer): void {
  wire.body = body
  wire.headers['content-sha256'] = createHash('sha256').update(body).digest('hex').toUpperCase()
}

function flip(wire: Wire): void {
  const text = wire.headers['authorization'] ?? ''
  const at = text.length - 6
  wire.headers['authorization'] = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
}
