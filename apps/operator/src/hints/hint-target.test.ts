import { EventEmitter, once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import path from 'node:path'
import { SecretSyncError } from '@ack-secret-manager/core'
import { canary } from '@ack-secret-manager/test-support/canary'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import type { Logger } from 'pino'
import { expect, it } from 'vitest'
import { createMetrics, type Metrics } from '../observability/metrics.ts'
import { logRenewal, startHintTarget } from './hint-target.ts'

const directory = directoryOfTests()

const error = new SecretSyncError('Unavailable', 'the host is away')
const usableUntilMs = Date.UTC(2026, 0, 2)

it('logs the start and end of failing renewals, and no other fetch of a certificate', () => {
  const lines: unknown[] = []
  const log = { info: (text: string) => void lines.push(text), warn: (...line: unknown[]) => void lines.push(line) }
  logRenewal(log as never, { failures: 0 })
  logRenewal(log as never, { error, failures: 0 })
  expect(lines).toEqual([])
  for (const failures of [0, 1, 2]) logRenewal(log as never, { error, usableUntilMs, failures })
  logRenewal(log as never, { failures: 3 })
  expect(lines).toEqual([
    [
      { code: 'Unavailable', until: '2026-01-02T00:00:00.000Z' },
      'Renewing the certificate of EventBridge fails; the last one is used: the host is away',
    ],
    'The certificate of EventBridge is renewed',
  ])
})

it('starts although its address is in use, reports it, and listens once the address is free', async () => {
  const other = createServer()
  await once(other.listen(0, '127.0.0.1'), 'listening')
  const { port } = other.address() as AddressInfo
  const lines = new EventEmitter()
  const log = {
    info: (...line: unknown[]) => void lines.emit('info', line),
    warn: (...line: unknown[]) => void lines.emit('warn', line),
  } as unknown as Logger
  const metrics = createMetrics('0')
  const address = { host: '127.0.0.1', port }
  const flags = { url: 'https://example.com/kms', tokenFile: await tokenIn(directory), account: '1', address }
  const hintTarget = { ...flags, certificateEndpoint: undefined }
  const config = { hintTarget, hintQueue: undefined, region: 'cn-hangzhou', kmsQps: 1, pollingIntervalMs: 1_000 }
  const target = await startHintTarget({ config, env: {}, fence: { isOpen: true }, log, metrics } as never)
  expect(target?.port).toBeUndefined()

  const stop = new AbortController()
  const warned = once(lines, 'warn')
  const running = target?.run({ engine: {} as never }, stop.signal)
  expect(await warned).toEqual([
    [
      { code: 'Unavailable', retryInMs: expect.any(Number) },
      `No hints, polling continues: --hint-http-bind-address: cannot listen on 127.0.0.1:${port} (EADDRINUSE); free the address, or choose another one`,
    ],
  ])
  expect(await liveOf(metrics)).toBe(0)
  const listening = once(lines, 'info')
  await once(other.close(), 'close')
  expect(await listening).toEqual([[{ hintPort: port }, 'Listening for events of EventBridge']])
  expect(target?.port).toBe(port)
  stop.abort()
  await running
  await target?.close()
})

async function tokenIn(folder: string): Promise<string> {
  const file = path.join(folder, 'token')
  await writeFile(file, canary('token-of-the-target'))
  return file
}

async function liveOf({ hintQueueLive }: Metrics): Promise<number | undefined> {
  const { values } = await hintQueueLive.get()
  return values.find(({ labels }) => labels['queue'] === 'http')?.value
}
