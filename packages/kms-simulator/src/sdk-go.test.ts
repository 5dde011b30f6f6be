import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
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

describe.skipIf(skipped)('the Go SDK, unmodified', () => {
  let simulator: Simulator
  let flipping: FlippingProxy
  let directory: string
  let program: string

  beforeAll(async () => {
    simulator = await startSimulator({ seed: SEED })
    flipping = await startFlippingProxy({ url: simulator.kms, caPem: simulator.caPem }, true)
    directory = await mkdtemp(join(tmpdir(), 'kms-simulator-go-'))
    await writeFile(join(directory, 'bundle.pem'), simulator.caPem + flipping.caPem)
    program = join(directory, 'read-secret')
    await promisify(execFile)(go, ['build', '-o', program, '.'], { cwd: folder, timeout: BUILD_TIMEOUT_MS })
  }, BUILD_TIMEOUT_MS)

  afterAll(async () => {
    await flipping.close()
    await simulator.close()
    await rm(directory, { recursive: true })
  })

  const read = async (name: string, options: { url?: string; signer?: typeof ADMIN } = {}): Promise<unknown> => {
    const { url = simulator.kms, signer = ADMIN } = options
    const { stdout } = await promisify(execFile)(program, [name], {
      timeout: 20_000,
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
