import { appendFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { expect, it } from 'vitest'
import { AuditLog, countRequests, isWork, parseAuditLine } from './audit-log.ts'

function line(
  verb: string,
  resource: string,
  { user = 'operator', stage = 'ResponseComplete', code = 200 } = {},
): string {
  const [plural, subresource] = resource.split('/')
  const objectRef = {
    resource: plural,
    ...(subresource === undefined ? {} : { subresource }),
    namespace: 'app',
    name: 'db',
  }
  return JSON.stringify({
    kind: 'Event',
    stage,
    stageTimestamp: '2026-01-02T03:04:05.678901Z',
    verb,
    user: { username: user },
    objectRef,
    responseStatus: { code },
  })
}

async function logFile(text: string): Promise<string> {
  const folder = await directoryOfTest()
  const file = path.join(folder, 'audit.jsonl')
  await writeFile(file, text)
  return file
}

it('parses user, request and status', () => {
  expect(parseAuditLine(line('patch', 'externalsecrets/status', { code: 409 }))).toEqual({
    user: 'operator',
    verb: 'patch',
    resource: 'externalsecrets/status',
    namespace: 'app',
    name: 'db',
    code: 409,
    answeredMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  })
})

it.each([
  ['create', 'ResponseComplete', true],
  ['create', 'RequestReceived', false],
  ['watch', 'RequestReceived', false],
  ['watch', 'ResponseStarted', true],
  ['watch', 'ResponseComplete', false],
])('counts a %s once: %s → %s', (verb, stage, counted) => {
  expect(parseAuditLine(line(verb, 'secrets', { stage })) !== undefined).toBe(counted)
})

it('returns the requests of one user since the last call', async () => {
  const file = await logFile(`${line('list', 'secrets')}\n${line('get', 'secrets', { user: 'admin' })}\n`)
  const log = new AuditLog(file)
  expect(countRequests(await log.take('operator'))).toEqual({ 'list secrets': 1 })
  expect(await log.take('operator')).toEqual([])

  const half = line('create', 'secrets')
  await appendFile(file, `${line('create', 'events')}\n${half.slice(0, 40)}`)
  expect(countRequests(await log.take('operator'))).toEqual({ 'create events': 1 })
  await appendFile(file, `${half.slice(40)}\n`)
  expect(countRequests(await log.take('operator'))).toEqual({ 'create secrets': 1 })
})

it('can leave out earlier requests', async () => {
  const file = await logFile(`${line('list', 'secrets')}\n`)
  const log = await AuditLog.fromNow(file)
  await appendFile(file, `${line('create', 'events')}\n`)
  expect(countRequests(await log.take('operator'))).toEqual({ 'create events': 1 })
})

it('does not count leases and watches as work', () => {
  const requests = [
    line('update', 'leases'),
    line('watch', 'secrets', { stage: 'ResponseStarted' }),
    line('patch', 'secrets'),
  ].flatMap((text) => parseAuditLine(text) ?? [])
  expect(countRequests(requests.filter(isWork))).toEqual({ 'patch secrets': 1 })
})
