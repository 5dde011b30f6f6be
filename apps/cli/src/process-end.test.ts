import { ACKSM } from '@ack-secret-manager/testenv'
import { startTestServer, type TestServer } from '@ack-secret-manager/test-support/test-server'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { execFile, spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { watch } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { endProcess, isRunning } from './testing/exec-process.ts'
import { folderWith } from './testing/files.ts'
import { Capture } from './testing/run.ts'

// The SDK gives up on a command after 60 s, and on the metadata service after 14 s. Measured without the start of Node.
const AT_ONCE_MS = 10_000

interface Started {
  readonly err: Capture
  readonly ended: Promise<unknown[]>
  /** Time from the last message to the end. */
  readonly idleMs: () => number
  kill(signal: NodeJS.Signals): void
}

function start(home: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, [ACKSM.currentScript, ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: home, ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true', ...env },
  })
  const err = new Capture()
  let messageMs = 0
  let endMs = Number.POSITIVE_INFINITY
  child.stderr.on('data', (chunk: Buffer) => {
    messageMs = performance.now()
    err.write(chunk)
  })
  child.once('exit', () => (endMs = performance.now()))
  onTestFinished(() => void child.kill('SIGKILL'))
  const kill = (signal: NodeJS.Signals): void => void child.kill(signal)
  return { err, ended: once(child, 'close'), idleMs: () => endMs - messageMs, kill }
}

/** A home directory whose current profile runs a command that hangs, and writes its pid to `run/pid`. */
async function homeWithHangingCommand(): Promise<string> {
  const home = await folderWith({
    // The pid of a program that the command has started. It outlives each test.
    'hang.sh': 'sleep 1000 & echo $! > "$1.new"; mv "$1.new" "$1"; wait\n',
    'run/.keep': '',
  })
  const profile = { name: 'p', mode: 'External', process_command: `sh ${home}/hang.sh ${home}/run/pid` }
  await mkdir(path.join(home, '.aliyun'))
  await writeFile(path.join(home, '.aliyun/config.json'), JSON.stringify({ current: 'p', profiles: [profile] }))
  onTestFinished(async () => {
    const pid = await commandPid(home)
    if (pid > 0) await endProcess(pid)
  })
  return home
}

async function commandPid(home: string): Promise<number> {
  return Number(await readFile(path.join(home, 'run/pid'), 'utf8').catch(() => '0'))
}

/** Resolves when the file of the pid is complete. */
async function commandStarted(home: string): Promise<void> {
  const files = watch(path.join(home, 'run'))
  for await (const [, name] of on(files, 'change')) if (name === 'pid') break
  files.close()
}

/** The command has started, and ends. A killed process ends when it next runs. */
async function expectEnded(home: string): Promise<void> {
  const pid = await commandPid(home)
  expect(pid).toBeGreaterThan(0)
  await expect.poll(() => isRunning(pid)).toBe(false)
}

it('get ends at --timeout while the command of a profile hangs', async () => {
  const home = await homeWithHangingCommand()
  const { err, ended, idleMs } = start(home, ['get', 'app/db', '--timeout', '8s'])
  expect(await ended).toEqual([1, null])
  await expectEnded(home)
  expect(err.text).toMatch(/its process_command \(sh\) has not ended within 8 s; increase --timeout\n$/)
  expect(idleMs()).toBeLessThan(AT_ONCE_MS)
})

it('Ctrl-C ends list while the command of a profile hangs', async () => {
  const home = await homeWithHangingCommand()
  const started = commandStarted(home)
  const running = start(home, ['list'])
  await started
  const interruptMs = performance.now()
  running.kill('SIGINT')
  expect(await running.ended).toEqual([130, null])
  expect(performance.now() - interruptMs).toBeLessThan(AT_ONCE_MS)
  await expectEnded(home)
})

it.each(['get', 'versions'])('%s ends at --timeout while the metadata service hangs', async (command) => {
  const hanging: TestServer = await startTestServer(() => undefined)
  onTestFinished(() => hanging[Symbol.asyncDispose]())
  const metadata = ['--metadata-endpoint', `http://${hanging.endpoint}`]
  const env = { ALIBABA_CLOUD_ECS_METADATA_DISABLED: '' }
  const { err, ended, idleMs } = start(await folderWith({}), [command, 'app/db', '--timeout', '1s', ...metadata], env)
  expect(await ended).toEqual([1, null])
  expect(err.text).toContain('asking the metadata service whether this machine has a role: no response within 1 s')
  expect(idleMs()).toBeLessThan(AT_ONCE_MS)
})

it.each([
  [['get', 'app/db'], [2, null], /~\/\.aliyun\/config\.json: (?:is not a file|cannot be read)/],
  [['__complete', 'get', '--profile', ''], [0, null], /^$/],
])('%j does not wait for a configuration that is a FIFO', async (argv, end, message) => {
  const home = await folderWith({ '.aliyun/.keep': '' })
  await promisify(execFile)('mkfifo', [path.join(home, '.aliyun/config.json')])
  const { err, ended } = start(home, argv)
  expect(await ended).toEqual(end)
  expect(err.text).toMatch(message)
})

it.each([['--help'], ['crds'], ['get', '--help'], ['completion', 'bash']])(
  '%s reports a full disk in one line',
  async (...argv) => {
    const call = ['-c', `exec "$0" "$@" > /dev/full`, process.execPath, ACKSM.currentScript, ...argv]
    const child = spawn('sh', call, { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env['PATH'] } })
    const err = new Capture()
    child.stderr.on('data', (chunk: Buffer) => err.write(chunk))
    expect(await once(child, 'close')).toEqual([1, null])
    expect(err.text).toBe('acksm: stdout: cannot be written (ENOSPC)\n')
  },
)

it('names a working directory that was removed', async () => {
  const call = ['-c', `mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"`, process.execPath, ACKSM.currentScript]
  const child = spawn('sh', [...call, 'render', '-f', 'manifest.yaml'], {
    cwd: await folderWith({}),
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const err = new Capture()
  child.stderr.on('data', (chunk: Buffer) => err.write(chunk))
  expect(await once(child, 'close')).toEqual([2, null])
  expect(err.text).toBe(
    'acksm: the working directory was removed: change to another directory; see acksm render --help\n',
  )
})

it.each([
  [
    '644',
    /^acksm: warning: ~\/\.aliyun\/config\.json has mode 644, so that other users may read it: chmod 600 ~\/\.aliyun\/config\.json\nacksm: using profile/,
  ],
  ['600', /^acksm: using profile/],
])('warns once about a profile file of mode %s', async (mode, message) => {
  const profiles = [{ name: 'p', mode: 'AK', access_key_id: 'LTAI5tDemo', access_key_secret: 'secret' }]
  const home = await folderWith({ '.aliyun/config.json': JSON.stringify({ current: 'p', profiles }) })
  await chmod(path.join(home, '.aliyun/config.json'), Number.parseInt(mode, 8))
  // Its certificate is not trusted, so that the command ends at once.
  const { keyPem, chainPem } = await issueServerCertificate(['127.0.0.1'])
  const server = createServer({ key: keyPem, cert: chainPem }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const { err, ended } = start(home, ['get', 'app/db', '--profile', 'p', '--endpoint', endpoint])
  await ended
  expect(err.text).toMatch(message)
  expect(err.text.match(/has mode/g)?.length ?? 0).toBe(mode === '600' ? 0 : 1)
})
