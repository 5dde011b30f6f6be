import { existsSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { manualTime } from '../testing/manual-time.ts'
import { CANARY, run } from '../testing/run.ts'

const ENDPOINT = ['--endpoint', '127.0.0.1:1', '--region', 'cn-hangzhou', '--profile', 'p']

// The time limits of the tests do not count what is loaded once.
beforeAll(() => import('@ack-secret-manager/auth-sdk'))

async function withCommand(process_command: string, argv: readonly string[]) {
  const profiles = [{ name: 'p', mode: 'External', process_command }]
  const HOME = await folderWith({ '.aliyun/config.json': JSON.stringify({ current: 'p', profiles }) })
  return run(argv, { env: { HOME, PATH: process.env['PATH'] ?? '' } })
}

it.each([
  [['get', 'app/db', ...ENDPOINT, '--timeout', '3s']],
  [['list', ...ENDPOINT, '--timeout', '3s']],
  [['exec', '--get', 'VALUE=app/db', ...ENDPOINT, '--timeout', '3s', '--', 'true']],
])('%j says that the command of the profile hangs, not KMS', async (argv) => {
  const { code, out, err } = await withCommand(`sh -c 'exec sleep 301' ${CANARY}`, argv)
  expect([code, out, err]).toEqual([
    1,
    '',
    expect.stringMatching(
      /\nacksm: profile p of [^\n]*: its process_command \(sh\) has not ended within 3 s; increase --timeout\n$/,
    ),
  ])
})

it('exec names the command also if the deadline of its stores comes first', async () => {
  const clock = manualTime()
  const folder = await folderWith({})
  const started = path.join(folder, 'started')
  const argv = ['exec', '--get', 'VALUE=app/db', ...ENDPOINT, '--timeout', '60s', '--', 'true']
  const ran = withCommand(`sh -c "echo > '${started}'; exec sleep 301" ${CANARY}`, argv)
  await expect.poll(() => existsSync(started)).toBe(true)
  await clock.advance(60_000)
  const { code, out, err } = await ran
  expect([code, out, err]).toEqual([
    1,
    '',
    expect.stringMatching(
      /\nacksm: profile p of [^\n]*: its process_command \(sh\) has not ended within 60 s; [^\n]*\n$/,
    ),
  ])
})

it('get says why the command of the profile fails', async () => {
  const { code, err } = await withCommand(`sh -c 'exit 7'`, ['get', 'app/db', ...ENDPOINT])
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/its process_command fails \(exit code 7\): run it by hand\n$/),
  ])
})

it('doctor names the command of the profile that hangs', async () => {
  const argv = ['doctor', '-o', 'json', '--profile', 'p', '--region', 'cn-hangzhou', '--timeout', '3s']
  const { out } = await withCommand(`sh -c 'exec sleep 301' ${CANARY}`, argv)
  const { checks } = JSON.parse(out) as { checks: { id: string; action?: string }[] }
  expect(checks.find(({ id }) => id === 'identity.credential')?.action).toBe(
    'Run the process_command of the profile by hand (sh …): it must print a session within 20 s',
  )
})
