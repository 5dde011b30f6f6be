import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { expect, it, onTestFinished, vi } from 'vitest'
import { processCommandProvider, type ProcessCommandOptions } from './process-command.ts'

const CANARY = 'canary-3f1c'
const SESSION = JSON.stringify({ mode: 'AK', access_key_id: 'LTAI5tDemo', access_key_secret: CANARY })
/** Far above what a command of these tests needs. */
const NEVER_MS = 600_000

function credentials(command: string, options: ProcessCommandOptions = {}) {
  return processCommandProvider(command, { timeoutMs: NEVER_MS, ...options }).getCredentials()
}

async function folder(): Promise<string> {
  const made = await directoryOfTest()
  return made
}

async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat !== undefined && !/\) [ZX] /.test(stat)
}

it.each([
  ['fails', `sh -c "echo ${CANARY}; exit 3"`, {}, 'Unauthenticated', 'fails (exit code 3): run it by hand'],
  ['ends by a signal', `sh -c "kill -SEGV $$" ${CANARY}`, {}, 'Unauthenticated', 'fails (SIGSEGV): run it by hand'],
  ['does not exist', `/nonexistent/login ${CANARY}`, {}, 'Unauthenticated', 'cannot be started (ENOENT)'],
  ['prints no JSON', `echo ${CANARY}`, {}, 'InvalidResponse', 'does not print a credential as JSON'],
  ['prints without end', `yes ${CANARY}`, {}, 'InvalidResponse', 'prints more than 1 MiB'],
  ['hangs', `sleep 301`, { timeoutMs: 200 }, 'Timeout', 'has not ended within 0.2 s'],
])('says why a command that %s gives no session', async (_what, command, options, code, message) => {
  await expect(credentials(command, options)).rejects.toMatchObject({ code, message })
})

it('does not wait for a process that the command leaves behind', async () => {
  const home = await folder()
  await writeFile(path.join(home, 'login.sh'), `sleep 302 & echo $! > ${home}/pid\necho '${SESSION}'\n`)
  expect(await credentials(`sh ${home}/login.sh`)).toMatchObject({ accessKeyId: 'LTAI5tDemo' })
  const pid = Number(await readFile(path.join(home, 'pid'), 'utf8'))
  // It may be an agent that the next command uses.
  expect(await isRunning(pid)).toBe(true)
  process.kill(pid)
})

it.each([
  ['the signal', undefined],
  ['the deadline', 3_000],
])('%s ends the command with what it has started, also if it ignores SIGTERM', async (_what, timeoutMs) => {
  const home = await folder()
  const started = path.join(home, 'pid')
  // `mv`, because the pid must not be read while it is written.
  const hang = `trap "" TERM; echo $$ > ${started}.new; mv ${started}.new ${started}; sleep 303; exit`
  await writeFile(path.join(home, 'hang.sh'), `sh -c '${hang}' &\nwait\n`)
  const stop = new AbortController()
  // The deadline passes once the command has started what it leaves behind.
  if (timeoutMs !== undefined) vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const failed = credentials(`sh ${home}/hang.sh`, { signal: stop.signal, ...(timeoutMs && { timeoutMs }) }).catch(
    (error: unknown) => error,
  )
  let pid = 0
  while (pid === 0) pid = Number(await readFile(started, 'utf8').catch(() => '0'))
  if (timeoutMs === undefined) stop.abort()
  else vi.advanceTimersByTime(timeoutMs)
  vi.useRealTimers()
  expect(await failed).toMatchObject({ code: timeoutMs === undefined ? 'Cancelled' : 'Timeout' })
  await vi.waitFor(async () => expect(await isRunning(pid)).toBe(false), { timeout: 60_000, interval: 5 })
})

/** Runs this module on a terminal, or without one. `script` makes the terminal. */
async function sessionOn(hasTerminal: boolean): Promise<string> {
  const home = await folder()
  // The command reports its own session, and the one of the process that runs it.
  const report = `import { readFileSync } from 'node:fs'
const sessionOf = (pid) => readFileSync('/proc/' + pid + '/stat', 'utf8').split(') ')[1].split(' ')[3]
process.stderr.write('for the user\\n')
const text = sessionOf('self') === sessionOf(process.ppid) ? 'same' : 'own'
process.stdout.write(JSON.stringify({ access_key_id: text, access_key_secret: 's' }))`
  await writeFile(path.join(home, 'login.mjs'), report)
  const module = new URL('process-command.ts', import.meta.url).href
  const main = `import { processCommandProvider } from '${module}'
const { accessKeyId } = await processCommandProvider('${process.execPath} ${home}/login.mjs').getCredentials()
console.log('session: ' + accessKeyId)`
  await writeFile(path.join(home, 'main.mjs'), main)
  const call = `${process.execPath} --conditions=@ack-secret-manager/source ${home}/main.mjs`
  const argv = hasTerminal ? ['script', '-qec', call, '/dev/null'] : ['sh', '-c', `${call} 2>&1`]
  const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  expect(await once(child, 'close')).toEqual([0, null])
  return Buffer.concat(chunks).toString('utf8')
}

it.each([
  ['stays in the session of a terminal, where it may ask', true, 'same'],
  ['has a group of its own without a terminal', false, 'own'],
])('a command %s, and its messages are shown', async (_what, hasTerminal, session) => {
  const shown = await sessionOn(hasTerminal)
  expect(shown).toContain('for the user')
  expect(shown).toContain(`session: ${session}`)
})
