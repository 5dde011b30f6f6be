import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type ExecProcess, filesWithValues, isRunning, startExec, valuesInArguments } from '../testing/exec-process.ts'
import { useKms } from '../testing/kms.ts'
import { entry, externalSecretYaml, storeYaml } from '../testing/manifests.ts'
import { CANARY } from '../testing/run.ts'

const kms = useKms()
/** More in a nightly run. */
const ROTATIONS = Number(process.env['EXEC_ROTATIONS'] ?? 4)
const WATCH = ['--polling-interval', '1s', '--watch']

afterEach(async () => {
  await kms.control('DELETE', '/faults')
  await rotate('app/token', 'token')
})

let versions = 0

async function rotate(secret: string, suffix: string): Promise<string> {
  versions += 1
  const data = `${CANARY}-${suffix}`
  await kms.control('PUT', `/secrets/${secret}`, { data, versionId: `w${versions}` })
  return hashOf(data)
}

function hashOf(data: string): string {
  return createHash('sha256').update(data).digest('hex')
}

/** Resolves when the probe has printed a line `what` with that value. */
function untilProbe({ out }: ExecProcess, what: string, hash: string): Promise<string> {
  return out.until(new RegExp(`^${what} \\d+ ${hash}$`, 'm'))
}

it(
  'restarts, or signals, the program exactly once for each rotation',
  { timeout: 120_000 + ROTATIONS * 10_000 },
  async () => {
    const first = await rotate('app/token', 'rotated-0')
    const modes = await Promise.all([
      startExec(kms, { flags: ['--get', 'VALUE=app/token', ...WATCH, 'restart'] }),
      startExec(kms, { flags: ['--get', 'VALUE=app/token', '--files', 'auto', ...WATCH, 'signal=HUP'] }),
    ])
    const [restarted, signalled] = modes
    await Promise.all(modes.map(({ out }) => out.until(/^start /m)))
    const hashes: string[] = []
    for (let count = 1; count <= ROTATIONS; count += 1) {
      const hash = await rotate('app/token', `rotated-${count}`)
      await Promise.all([untilProbe(restarted, 'start', hash), untilProbe(signalled, 'SIGHUP', hash)])
      hashes.push(hash)
      expect(await valuesInArguments()).toEqual([])
    }
    for (const exec of modes) exec.kill('SIGTERM')
    expect(await Promise.all(modes.map(({ ended }) => ended))).toEqual([
      [0, null],
      [0, null],
    ])
    expect(restarted.lines('start').map(({ hash }) => hash)).toEqual([first, ...hashes])
    expect(new Set(restarted.lines('start').map(({ pid }) => pid)).size).toBe(ROTATIONS + 1)
    expect(signalled.lines('SIGHUP').map(({ hash }) => hash)).toEqual(hashes)
    expect(signalled.lines('start').map(({ hash }) => hash)).toEqual([first])
    const folders = [...modes.map(({ cwd }) => cwd), '/dev/shm']
    expect((await Promise.all(folders.map(filesWithValues))).flat()).toEqual([])
  },
)

it('goes on when the reader of its messages is gone', async () => {
  const exec = await startExec(kms, { flags: ['--get', 'VALUE=app/token', '--files', 'auto', ...WATCH, 'signal=HUP'] })
  await exec.out.until(/^start /m)
  exec.closeStderr()
  // It has messages about each of both.
  for (const suffix of ['unread-1', 'unread-2']) await untilProbe(exec, 'SIGHUP', await rotate('app/token', suffix))
  expect(exec.lines('SIGTERM')).toEqual([])
  exec.kill('SIGTERM')
  expect(await exec.ended).toEqual([0, null])
})

it('restarts once when several secrets are rotated together', async () => {
  const one = externalSecretYaml('one', { data: [entry('app/token', 'VALUE'), entry('app/odd', 'OTHER')] })
  const two = externalSecretYaml('two', { data: [entry('app/db', 'DB')] })
  const files = { 'in/a.yaml': storeYaml(), 'in/b.yaml': one, 'in/c.yaml': two }
  const exec = await startExec(kms, { files, flags: ['-f', 'in', ...WATCH, 'restart'] })
  await exec.out.until(/^start /m)
  const data = `${CANARY}-together`
  const changes = ['app/odd', 'app/db', 'app/token'].map((name) => ({ name, data }))
  await kms.control('PUT', '/secrets', changes)
  const hash = hashOf(data)
  await untilProbe(exec, 'start', hash)
  // A second restart for the others would come before that for this rotation.
  const next = await rotate('app/token', 'after')
  await untilProbe(exec, 'start', next)
  expect(exec.lines('start').map((line) => line.hash)).toEqual([hashOf(`${CANARY}-token`), hash, next])
  expect(exec.err.text).toMatch(/default\/one, default\/two changed\n.*restarting \S*node\n/)
})

it('keeps the last values while KMS is away, also for a program that fails', async () => {
  const exec = await startExec(kms, { flags: ['--get', 'VALUE=app/token', ...WATCH, 'restart'] })
  await exec.out.until(/^start /m)
  await kms.control('POST', '/faults', { fault: 'deny' })
  await exec.err.until(/default\/get .*AccessDenied/)
  const [first] = exec.lines('start')
  process.kill(first?.pid ?? 0, 'SIGKILL')
  await exec.out.until(/^start [^]*^start /m)
  await exec.err.until(/ended with SIGKILL; starting it again in 1 s, or when a value changes\n/)
  expect(exec.lines('start').map(({ hash }) => hash)).toEqual([first?.hash, first?.hash])
  await kms.control('DELETE', '/faults')
  await untilProbe(exec, 'start', await rotate('app/token', 'back'))
})

it('starts a failing program again after a pause, or at once for a new value', async () => {
  await rotate('app/token', '1-broken')
  const exec = await startExec(kms, { flags: ['--get', 'VALUE=app/token', ...WATCH, 'restart'] })
  await exec.err.until(/ended with exit code 3; starting it again in 1 s.*\n[^]*starting it again in 2 s/)
  await untilProbe(exec, 'start', await rotate('app/token', 'works'))
})

it('kills a program that does not end', async () => {
  // A busy machine runs the handler of SIGTERM in this time.
  const flags = ['--get', 'VALUE=app/token', ...WATCH, 'restart', '--stop-timeout', '6s']
  const exec = await startExec(kms, { flags, env: { STUBBORN: '1' } })
  await exec.out.until(/^start /m)
  await untilProbe(exec, 'start', await rotate('app/token', 'new'))
  const [first, second] = exec.lines('start')
  expect(exec.lines('SIGTERM')).toEqual([first])
  await exec.err.until(/has not ended 6 s after SIGTERM; killing it\n/)
  expect([await isRunning(first?.pid ?? 0), await isRunning(second?.pid ?? 0)]).toEqual([false, true])
})

it('keeps the running program if a new value cannot be a variable', async () => {
  const exec = await startExec(kms, { flags: ['--get', 'VALUE=app/token', ...WATCH, 'restart'] })
  await exec.out.until(/^start /m)
  await rotate('app/token', 'with\0nul')
  await exec.err.until(/--get VALUE: the value contains a NUL byte.*\n.*keeps its last values\n/)
  const hash = await rotate('app/token', 'fine')
  await untilProbe(exec, 'start', hash)
  expect(exec.lines('start')).toHaveLength(2)
})

it('does not restart for a new version of the same value', async () => {
  const exec = await startExec(kms, { flags: ['--get', 'VALUE=app/token', ...WATCH, 'restart'] })
  await exec.out.until(/^start /m)
  await rotate('app/token', 'token')
  await exec.err.until(/default\/get written: app\/token w\d+\n/)
  // A change is read once more and then reported, before the next poll.
  await kms.control('DELETE', '/calls')
  await expect
    .poll(async () => ((await kms.control('GET', '/calls')) as { total: number }).total)
    .toBeGreaterThanOrEqual(2)
  const hash = await rotate('app/token', 'other')
  await untilProbe(exec, 'start', hash)
  expect(exec.lines('start')).toHaveLength(2)
})

it('ends when the program does, or when it is asked to during a pause', async () => {
  // Fails once. If a busy machine is late and the pause is over, the signal ends the program itself.
  const command = ['sh', '-c', 'test -e failed || { touch failed; exit 3; }; exec tail -f /dev/null']
  const exec = await startExec(kms, { flags: ['--get', 'VALUE=app/token', ...WATCH, 'restart'], command })
  await exec.err.until(/starting it again in 1 s/)
  exec.kill('SIGTERM')
  expect(await exec.ended).toEqual([143, null])
})

it('follows the manifests', async () => {
  const manifest = (key: string): string => externalSecretYaml('one', { data: [entry(key, 'VALUE')] })
  const files = { 'in/a.yaml': storeYaml(), 'in/b.yaml': manifest('app/token') }
  const exec = await startExec(kms, { files, flags: ['-f', 'in', ...WATCH, 'restart'] })
  await exec.out.until(/^start /m)
  await writeFile(path.join(exec.cwd, 'in/b.yaml'), manifest('app/odd'))
  await exec.out.until(/^start [^]*^start /m)
  expect(exec.lines('start')).toHaveLength(2)
})
