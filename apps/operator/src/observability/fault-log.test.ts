import { ManualClock, SecretSyncError } from '@ack-secret-manager/core'
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

it('an API server that is away is told of once, and once that it is back, whoever asks it', async () => {
  const { clock, faults, fault, take } = start()
  for (let second = 0; second < 30; second += 1) {
    for (const path of ['/a', '/b', '/c']) fault(refused, path)
    faults.onError(new KubeApiError('get leases: 503', { status: 503, reason: '', causes: [] }))
    faults.answered(0)
    faults.answered(503)
    await clock.advance(1_000)
  }
  faults.answered(200)
  faults.answered(200)
  expect(take()).toEqual([
    'WARN  The API server does not answer, and is asked until it does; Secrets stay as they are: watch secrets: connection refused',
    'INFO  The API server answers again after=30s tries=120',
  ])
})

it('a watch that was cut is not worth a word', async () => {
  const { clock, faults, fault, take } = start()
  fault(refused)
  await clock.advance(1_000)
  faults.answered(200)
  await clock.advance(60_000)
  fault(refused)
  expect(take()).toEqual([])
})

it('a watch whose history is gone is nothing to be warned of', () => {
  const { fault, take } = start()
  fault(new KubeApiError('watch secrets: 410 Expired', { status: 410, reason: 'Expired', causes: [] }))
  expect(take()).toEqual([`INFO  watch secrets: 410 Expired during=watch path=${PATH} retryIn=2s`])
})

it('a right that is missing is told of for each collection, and again every ten minutes', async () => {
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

it('another failure of the same work is told of at once', () => {
  const { faults, take } = start()
  const again = (message: string): void => faults.onTryAgain('a/web', new SecretSyncError('WriteDenied', message), 900)
  for (const message of ['no right', 'no right', 'a quota']) again(message)
  expect(take()).toEqual([
    'WARN  a/web: no right code=WriteDenied retryIn=900ms',
    'WARN  a/web: a quota code=WriteDenied retryIn=900ms',
  ])
})
