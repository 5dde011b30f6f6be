import { execFile, spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from './simulator.ts'
import { type FlippingProxy, startFlippingProxy } from './testing/flipping-proxy.ts'
import { ADMIN, READER, SEED } from './testing/seed.ts'

/** The first run downloads and compiles the SDK. */
const BUILD_TIMEOUT_MS = 600_000

/** The Go command: `$GO`, or the one in the path. */
const go = process.env['GO'] ?? 'go'

const hasGo = spawnSync(go, ['version']).status === 0
const skipped = !hasGo && process.env['CI'] !== 'true'
if (skipped) process.stderr.write('kms-simulator: there is no Go here, the test with the Go SDK is skipped\n')

const folder = fileURLToPath(new URL('../test-go', import.meta.url))

/** Go keeps a tool of `go.mod` in its cache and links it again only after a change. @returns the program */
async function build(tool: string): Promise<string> {
  // Without the folder and the commit in its output, Go builds it once for all checkouts.
  const env = { ...process.env, GOFLAGS: `${process.env['GOFLAGS'] ?? ''} -trimpath -buildvcs=false` }
  const { stdout } = await promisify(execFile)(go, ['tool', '-n', tool], {
    cwd: folder,
    env,
    timeout: BUILD_TIMEOUT_MS,
  })
  return stdout.trim()
}

describe.skipIf(skipped)('the Go SDK, unmodified', () => {
  let simulator: Simulator
  let flipping: FlippingProxy
  const directory = directoryOfTests()
  let program: string

  beforeAll(async () => {
    simulator = await startSimulator({ seed: SEED })
    flipping = await startFlippingProxy({ url: simulator.kms, caPem: simulator.caPem }, true)
    await writeFile(join(directory, 'bundle.pem'), simulator.caPem + flipping.caPem)
    program = await build('kms-simulator-test')
  }, BUILD_TIMEOUT_MS)

  afterAll(async () => {
    await flipping.close()
    await simulator.close()
  })

  const read = async (name: string, options: { url?: string; signer?: typeof ADMIN } = {}): Promise<unknown> => {
    const { url = simulator.kms, signer = ADMIN } = options
    const { stdout } = await promisify(execFile)(program, [name], {
      timeout: 60_000,
      env: {
        SSL_CERT_FILE: join(directory, 'bundle.pem'),
        KMS_ENDPOINT: new URL(url).host,
        KMS_ACCESS_KEY_ID: signer.id,
        KMS_ACCESS_KEY_SECRET: signer.secret,
      },
    })
    return JSON.parse(stdout)
  }

  it('reads a secret', async () => {
    expect(await read('app/db')).toEqual({ value: '{"user":"tom"}', versionId: 'v1', type: 'Generic' })
  })

  it('understands errors with their status', async () => {
    expect(await read('app/none')).toEqual({ code: 'Forbidden.ResourceNotFound', status: 404 })
    expect(await read('other', { signer: READER })).toEqual({ code: 'Forbidden.NoPermission', status: 403 })
  })

  it('is rejected when one byte of its signature is flipped', async () => {
    expect(await read('app/db', { url: flipping.url })).toEqual({ code: 'SignatureDoesNotMatch', status: 400 })
  })
})

describe.skipIf(skipped)('the DKMS SDK for Go, unmodified', () => {
  let simulator: Simulator
  let flipping: FlippingProxy
  const directory = directoryOfTests()
  let program: string

  beforeAll(async () => {
    simulator = await startSimulator({
      seed: {
        ...SEED,
        instances: [{ id: 'kst-demo', clientKeys: [{ id: 'KAAP.demo', password: 'demo', secrets: ['app/*'] }] }],
      },
    })
    const rootPem = await readFile(simulator.instanceRootCaFile ?? '', 'utf8')
    flipping = await startFlippingProxy({ url: simulator.instance ?? '', caPem: rootPem }, true)
    await writeFile(join(directory, 'proxy-ca.pem'), flipping.caPem)
    program = await build('dkms')
  }, BUILD_TIMEOUT_MS)

  afterAll(async () => {
    await flipping.close()
    await simulator.close()
  })

  const read = async (
    name: string,
    options: { url?: string | undefined; caFile?: string | undefined; password?: string } = {},
  ): Promise<unknown> => {
    const { url = simulator.instance ?? '', caFile = simulator.instanceCaFile, password = 'demo' } = options
    const { stdout } = await promisify(execFile)(program, [name], {
      timeout: 60_000,
      env: {
        KMS_ENDPOINT: new URL(url).host,
        KMS_CLIENT_KEY_FILE: simulator.clientKeys['KAAP.demo']?.file,
        KMS_CLIENT_KEY_PASSWORD: password,
        KMS_CA_FILE: caFile,
      },
    })
    return JSON.parse(stdout)
  }

  it('reads a secret with a client key, and trusts the shipped intermediate', async () => {
    const stages = ['ACSCurrent']
    const text = { value: '{"user":"tom"}', versionId: 'v1', type: 'Generic', dataType: 'text', stages }
    expect(await read('app/db')).toEqual(text)
    expect(await read('app/db', { caFile: simulator.instanceRootCaFile })).toEqual(text)
    expect(await read('app/key')).toMatchObject({ value: 'AAEC/w==', dataType: 'binary' })
  })

  it('understands errors with their status', async () => {
    expect(await read('app/none')).toEqual({ code: 'Forbidden.ResourceNotFound', status: 404 })
    expect(await read('other')).toEqual({ code: 'Forbidden.NoPermission', status: 403 })
  })

  it('opens the client key with its password only, and trusts no other CA', async () => {
    expect(await read('app/db', { password: 'wrong' })).toMatchObject({ error: expect.stringContaining('password') })
    expect(await read('app/db', { caFile: simulator.caFile })).toMatchObject({
      error: expect.stringContaining('certificate signed by unknown authority'),
    })
  })

  it('is rejected when one byte of its signature is flipped', async () => {
    const through = { url: flipping.url, caFile: join(directory, 'proxy-ca.pem') }
    expect(await read('app/db', through)).toEqual({ code: 'SignatureNotMatch', status: 401 })
  })
})
