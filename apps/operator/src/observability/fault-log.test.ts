import { SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { KubeApiError } from '@ack-secret-manager/k8s-client'
import { expect, it } from 'vitest'
import { FaultLog } from './fault-log.ts'
import { createLogger } from './logger.ts'

const PATH = '/api/v1/secrets'
const refused = new SecretSyncError('Unavailable', 'watch secrets: connection refused')

function start() {
  const clock = new ManualClock()
  const lines: string[] = []
  const destination = { write: (line: string) => lines.push(line.replace(/^\S+ /, '').trimEnd()) }
  const log = createLogger({ format: 'text', level: 'info' }, destination)
  const faults = new FaultLog({ log, clock })
  const fault = (error: SecretSyncError | KubeApiError, path: string = PATH): void =>
    faults.onFault({ during: 'watch', path, error, retryInMs: 1_500 })
  return { clock, faults, fault, take: () => lines.splice(0) }
}

it('logs one outage of the API server and its end, however many requests fail', async () => {
  const { clock, faults, fault, take } = start()
  for (let second = 0; second < 30; second += 1) {
    for (const path of ['/a', '/b', '/c']) fault(refused, path)
    faults.onError(new KubeApiError('get leases: 503', { status: 503, reason: '', causes: [] }))
    faults.recordResponse(0)
    faults.recordResponse(503)
    await clock.advance(1_000)
  }
  faults.recordResponse(200)
  faults.recordResponse(200)
  expect(take()).toEqual([
    'WARN  API server unavailable; retrying, and Secrets keep their values: watch secrets: connection refused',
    'INFO  API server available again after=30s tries=120',
  ])
})

it('logs a Lease that cannot be written twice while other requests succeed, once', async () => {
  const { clock, faults, take } = start()
  const slow = new SecretSyncError('Timeout', 'update leases/ops: no response within 5 s')
  faults.onLeaseError(slow, false)
  faults.recordResponse(200)
  expect(take()).toEqual([])
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await clock.advance(7_000)
    faults.onLeaseError(slow, true)
    faults.recordResponse(200)
  }
  expect(take()).toEqual(['WARN  update leases/ops: no response within 5 s'])
})

it('logs an outage of the API server once, also if the Lease cannot be written', async () => {
  const { clock, faults, fault, take } = start()
  for (let second = 0; second < 30; second += 1) {
    fault(refused)
    faults.onLeaseError(new SecretSyncError('Unavailable', 'update leases/ops: connection refused'), second > 0)
    await clock.advance(1_000)
  }
  expect(take()).toEqual([
    'WARN  API server unavailable; retrying, and Secrets keep their values: watch secrets: connection refused',
  ])
})

it('logs nothing about a watch that is cut and reconnects', async () => {
  const { clock, faults, fault, take } = start()
  fault(refused)
  await clock.advance(1_000)
  faults.recordResponse(200)
  await clock.advance(60_000)
  fault(refused)
  expect(take()).toEqual([])
})

it('logs an expired watch at info', () => {
  const { fault, take } = start()
  fault(new KubeApiError('watch secrets: 410 Expired', { status: 410, reason: 'Expired', causes: [] }))
  expect(take()).toEqual([`INFO  watch secrets: 410 Expired during=watch path=${PATH} retryIn=2s`])
})

it('logs a missing permission once per collection, and again every ten minutes', async () => {
  const { clock, fault, take } = start()
  const forbidden = new KubeApiError('watch secrets: 403 Forbidden', { status: 403, reason: 'Forbidden', causes: [] })
  for (let minute = 0; minute < 15; minute += 1) {
    fault(forbidden)
    fault(forbidden, '/b')
    await clock.advance(60_000)
  }
  const line = (path: string): string => `WARN  watch secrets: 403 Forbidden during=watch path=${path} retryIn=2s`
  expect(take()).toEqual([line(PATH), line('/b'), line(PATH), line('/b')])
})

it.each([
  ['removed', 'list', '/apis/alibabacloud.com/v1alpha1/namespaces/shop/externalsecrets', 'NotFound'],
  ['never installed', 'list', '/apis/alibabacloud.com/v1alpha1/externalsecrets', ''],
] as const)('names a CRD that was %s, and what to do, once for all namespaces', async (_what, during, path, reason) => {
  const { clock, faults, take } = start()
  const error = new KubeApiError('list externalsecrets: 404', { status: 404, reason, causes: [] })
  for (let minute = 0; minute < 9; minute += 1) {
    for (const each of [path, '/apis/alibabacloud.com/v1alpha1/namespaces/crew/externalsecrets'])
      faults.onFault({ during, path: each, error, retryInMs: 30_000 })
    await clock.advance(60_000)
  }
  expect(take()).toEqual([
    `WARN  CustomResourceDefinition externalsecrets.alibabacloud.com is not installed; install it with helm upgrade, or with acksm crds | kubectl apply --server-side -f - during=${during} path=${path} retryIn=30s`,
  ])
})

it('blames no CRD for a 404 of another collection', () => {
  const { fault, take } = start()
  fault(new KubeApiError('list secrets: 404', { status: 404, reason: '', causes: [] }))
  expect(take()).toEqual([`WARN  list secrets: 404 during=watch path=${PATH} retryIn=2s`])
})

it('logs a failed restart once for each workload and cause, and no cancelled one', async () => {
  const { clock, faults, take } = start()
  const denied = new SecretSyncError('AccessDenied', 'patch deployments: forbidden')
  for (let attempt = 0; attempt < 5; attempt += 1) {
    for (let index = 0; index < 12; index += 1) {
      faults.onRestartFailure({ kind: 'Deployment', namespace: 'shop', name: `web-${index}` }, denied, 2_000)
    }
    await clock.advance(60_000)
  }
  faults.onRestartFailure(
    { kind: 'Deployment', namespace: 'shop', name: 'api' },
    new SecretSyncError('Cancelled', 'cancelled'),
    2_000,
  )
  const lines = take()
  expect(lines).toHaveLength(11)
  expect(lines[0]).toBe(
    'WARN  patch deployments: forbidden workload="Deployment shop/web-0" code=AccessDenied retryIn=2s',
  )
  expect(lines[10]).toBe('WARN  More failures like this: patch deployments: forbidden count=11')
})

it('logs no work that was cancelled, as when the operator stops', () => {
  const { faults, take } = start()
  faults.onRetry('default/kms', new SecretSyncError('Cancelled', 'work on default/kms: cancelled'), 100)
  expect(take()).toEqual([])
})

it('logs no missing permission of a watch while the API server starts, but one that stays missing', async () => {
  const { clock, faults, fault, take } = start()
  const denied = new KubeApiError('watch secrets: 403', { status: 403, reason: 'Forbidden', causes: [] })
  fault(refused)
  await clock.advance(5_000)
  fault(refused)
  fault(denied)
  faults.recordResponse(200)
  await clock.advance(29_000)
  fault(denied)
  expect(take()).toEqual([
    'WARN  API server unavailable; retrying, and Secrets keep their values: watch secrets: connection refused',
    'INFO  API server available again after=5s tries=2',
  ])
  faults.onLeaseError(denied, true)
  await clock.advance(1_000)
  fault(denied)
  expect(take()).toEqual([
    'WARN  watch secrets: 403',
    'WARN  watch secrets: 403 during=watch path=/api/v1/secrets retryIn=2s',
  ])
})

it('logs a different failure of the same resource at once', () => {
  const { faults, take } = start()
  const retry = (message: string): void => faults.onRetry('a/web', new SecretSyncError('WriteDenied', message), 900)
  for (const message of ['forbidden', 'forbidden', 'quota exceeded']) retry(message)
  expect(take()).toEqual([
    'WARN  a/web: forbidden code=WriteDenied retryIn=900ms',
    'WARN  a/web: quota exceeded code=WriteDenied retryIn=900ms',
  ])
})

it('logs a failure of many objects for ten of them, then its count, and again after ten minutes', async () => {
  const { clock, faults, take } = start()
  const denied = (store: string): SecretSyncError =>
    new SecretSyncError('WriteDenied', `patch secretstores/status ${store}: 403 Forbidden`)
  const failEach = (count: number): void => {
    for (let index = 0; index < count; index += 1) faults.onRetry(`a/${index}`, denied(`a/${index}`), 900)
  }
  const line = (index: number): string =>
    `WARN  a/${index}: patch secretstores/status a/${index}: 403 Forbidden code=WriteDenied retryIn=900ms`
  const firstTen = Array.from({ length: 10 }, (_each, index) => line(index))
  failEach(150)
  failEach(150)
  expect(take()).toEqual([
    ...firstTen,
    'WARN  More failures like this: patch secretstores/status a/10: 403 Forbidden count=11',
    'WARN  More failures like this: patch secretstores/status a/99: 403 Forbidden count=100',
  ])
  await clock.advance(600_000)
  failEach(5)
  expect(take()).toEqual(firstTen.slice(0, 5))
})

it('does not repeat a failure of more objects than it remembers at every retry', () => {
  const { faults, take } = start()
  for (let attempt = 0; attempt < 5; attempt += 1) {
    for (let index = 0; index < 1_500; index += 1) {
      faults.onError(new KubeApiError(`create events ns-${index}: 403`, { status: 403, reason: '', causes: [] }))
    }
  }
  expect(take().length).toBeLessThan(20)
})

it('logs each of several failures of many objects', () => {
  const { faults, fault, take } = start()
  for (let index = 0; index < 20; index += 1) {
    fault(new KubeApiError(`watch secrets ns-${index}: 403`, { status: 403, reason: '', causes: [] }), `/${index}`)
  }
  take()
  faults.onRetry('a/web', new SecretSyncError('WriteDenied', 'patch secretstores/status a/web: 403'), 900)
  expect(take()).toEqual(['WARN  a/web: patch secretstores/status a/web: 403 code=WriteDenied retryIn=900ms'])
})
