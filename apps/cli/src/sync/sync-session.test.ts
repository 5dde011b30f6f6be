import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { flagValues } from '@ack-secret-manager/command-line'
import { expect, it, onTestFinished } from 'vitest'
import { ManifestReader } from '../manifests/manifest-reader.ts'
import { Log } from '../output/log.ts'
import { MemorySecretWriter } from '../render/memory-secret-writer.ts'
import { RENDER_FLAGS } from '../render/render-flags.ts'
import { PROVIDER, TestIssuer, useAccess } from '../testing/access.ts'
import { folderWith } from '../testing/files.ts'
import { Capture, CANARY } from '../testing/run.ts'
import { SyncSession } from './sync-session.ts'

const issuer = new TestIssuer()
const access = useAccess(async () => issuer)
const { signal } = new AbortController()

it('reads once the credential of its store is available', async () => {
  const tokens = await folderWith({})
  const auth = `KMSAuth: {ramRoleARN: 'acs:ram::1234567890123456:role/operator', oidcProviderARN: '${PROVIDER}', oidcTokenFilePath: '${tokens}/token'}`
  const cwd = await folderWith({ 'in.yaml': (await access.manifest('rrsa')).replace('KMS: {}', `KMS: {${auth}}`) })
  const log = new Log(new Capture(), 'info')
  const reader = new ManifestReader({
    paths: ['in.yaml'],
    recursive: false,
    cwd,
    stdin: undefined,
    defaultNamespace: 'default',
    log,
  })
  const flags = flagValues(RENDER_FLAGS, {
    given: {
      filename: ['in.yaml'],
      endpoint: access.flags[1],
      'sts-endpoint': access.flags[3],
      'allow-token-path': [tokens],
    },
  })
  const writer = new MemorySecretWriter()
  let onWritten = (): void => undefined
  const written = new Promise<void>((resolve) => (onWritten = resolve))
  const session = await SyncSession.start(
    {
      flags,
      typed: new Set(),
      env: {},
      log,
      cluster: undefined,
      openWriter: async () => writer,
      pollingIntervalMs: 3_600_000,
      observer: {
        synced: (_key, outcome) => {
          if (outcome.kind === 'synced' && outcome.action === 'create') onWritten()
        },
      },
    },
    await reader.read(signal),
    signal,
  )
  onTestFinished(() => session.close())
  await session.pass.finished(signal)
  expect(session.results(0)).toMatchObject([{ name: 'shop-rrsa', ready: false, reason: 'AuthenticationFailed' }])
  await writeFile(path.join(tokens, 'token'), issuer.token())
  await session.recheckStores(signal)
  await written
  const [secret] = writer.secrets()
  expect(Buffer.from(secret?.data.get('password')?.expose() ?? []).toString()).toBe(`${CANARY}-password`)
})
