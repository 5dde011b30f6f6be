import { ACKSM } from '@ack-secret-manager/testenv'
import { createHash } from 'node:crypto'
import { access, readFile } from 'node:fs/promises'
import path from 'node:path'
import { runOnTerminal } from '@ack-secret-manager/test-support/terminal'
import { expect, it, onTestFinished } from 'vitest'
import { filesWithValues, isRunning, startExec, valuesInArguments } from '../testing/exec-process.ts'
import { folderWith } from '../testing/files.ts'
import { KEY_ENV, useKms } from '../testing/kms.ts'
import { CANARY } from '../testing/run.ts'

const kms = useKms()
const VALUE = ['--get', 'VALUE=app/db#password']
const HASH = createHash('sha256').update(`${CANARY}-one`).digest('hex')

it('passes every signal on once, and the exit code back', async () => {
  const exec = await startExec(kms, { flags: VALUE })
  await exec.out.until(/^start /m)
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGQUIT', 'SIGINT'] as const) {
    const count = exec.lines(signal).length
    exec.kill(signal)
    await exec.out.until(new RegExp(`^(?:[^]*^${signal} [^]*?){${count + 1}}`, 'm'))
  }
  const { pid } = exec.lines('start')[0] ?? { pid: 0 }
  expect(await valuesInArguments()).toEqual([])
  expect(exec.lines('start')).toEqual([{ pid, hash: HASH }])
  exec.kill('SIGTERM')
  expect(await exec.ended).toEqual([0, null])
  expect([exec.lines('SIGINT').length, exec.lines('SIGTERM').length]).toEqual([2, 1])
  expect(exec.err.text).toBe('')
})

it('gives the program the variables of the user, DEBUG too, and logs no request', async () => {
  const command = [process.execPath, '--print', 'process.env.DEBUG']
  const exec = await startExec(kms, { flags: VALUE, env: { DEBUG: '*' }, command })
  expect(await exec.ended).toEqual([0, null])
  expect([exec.out.text, exec.err.text]).toEqual(['*\n', ''])
})

it.each([['SIGINT'], ['SIGTERM'], ['SIGHUP']] as const)(
  'starts nothing when %s arrives while it reads',
  async (signal) => {
    await kms.control('POST', '/faults', { fault: 'hang' })
    onTestFinished(async () => {
      await kms.control('DELETE', '/faults')
    })
    const exec = await startExec(kms, { flags: [...VALUE, '--files', 'run', '--log-level', 'debug'] })
    await kms.control('DELETE', '/calls')
    // The directory exists from before the first read.
    for (;;) {
      const exists = await access(path.join(exec.cwd, 'run')).then(
        () => true,
        () => false,
      )
      if (exists) break
    }
    exec.kill(signal)
    expect(await exec.ended).toEqual([130, null])
    expect(exec.out.text).toBe('')
    await expect(access(path.join(exec.cwd, 'run'))).rejects.toThrow('ENOENT')
  },
)

it('leaves nothing on disk when it is killed; the program keeps running with its values', async () => {
  const exec = await startExec(kms, { flags: VALUE })
  await exec.out.until(/^start /m)
  exec.kill('SIGKILL')
  expect(await exec.ended).toEqual([null, 'SIGKILL'])
  const { pid } = exec.lines('start')[0] ?? { pid: 0 }
  expect(await isRunning(pid)).toBe(true)
  expect([...(await filesWithValues(exec.cwd)), ...(await filesWithValues('/dev/shm'))]).toEqual([])
})

it('leaves only the directory of --files when it is killed', async () => {
  const exec = await startExec(kms, { flags: [...VALUE, '--files', 'run'] })
  await exec.out.until(/^start /m)
  exec.kill('SIGKILL')
  await exec.ended
  const left = await filesWithValues(exec.cwd)
  expect(left.map((file) => path.relative(exec.cwd, file))).toEqual([
    expect.stringMatching(/^run\/default\/get\/\.\.[^/]+\/VALUE$/),
  ])
})

it.each([
  ['removes', 'rm -r run', undefined],
  ['moves', 'mv run moved', undefined],
  ['replaces by a link', 'rm -r run && ln -s other run', 'text'],
  ['replaces by another directory', 'mv run moved && cp -r other run', 'text'],
])('ends with the code of a program that %s its files, and warns', async (_how, script, inPlace) => {
  const command = ['sh', '-c', `${script}; exit 5`]
  const files = { 'other/kept': 'text' }
  const exec = await startExec(kms, { flags: [...VALUE, '--files', 'run'], files, command })
  expect(await exec.ended).toEqual([5, null])
  expect(exec.err.text).toBe(
    `acksm: warning: ${exec.cwd}/run: was moved or removed before acksm could overwrite the values in it\n`,
  )
  const contentOf = (name: string) => readFile(path.join(exec.cwd, name), 'utf8').catch(() => undefined)
  expect([await contentOf('run/kept'), await contentOf('other/kept')]).toEqual([inPlace, 'text'])
})

it('starts the program again in a directory that was removed', async () => {
  const command = ['/bin/sh', '-c', 'test -e ca.pem || { echo again; exit 0; }; rm -r "$PWD"; exit 3']
  const exec = await startExec(kms, { flags: [...VALUE, '--watch', 'restart'], command })
  expect(await exec.ended).toEqual([0, null])
  expect(exec.out.text).toBe('again\n')
})

it('ends the program and removes its files when it crashes', async () => {
  const crash = `process.once('SIGCONT',()=>{throw(new(Error)('crash'))})`
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${crash}` }
  const [inMemory, inFiles] = await Promise.all([
    startExec(kms, { flags: VALUE, env }),
    startExec(kms, { flags: [...VALUE, '--files', 'run'], env }),
  ])
  for (const exec of [inMemory, inFiles]) {
    await exec.out.until(/^start /m)
    exec.kill('SIGCONT')
    expect(await exec.ended).toEqual([1, null])
    expect(exec.err.text).toMatch(/^acksm: unexpected Error; this is a defect, please report it\n/)
  }
  await inMemory.out.until(/^SIGTERM /m)
  await expect(access(path.join(inFiles.cwd, 'run'))).rejects.toThrow('ENOENT')
})

it('has the terminal: the program asks it, and Ctrl-C reaches it once', async () => {
  const cwd = await folderWith({ 'ca.pem': kms.caPem, 'tty.mjs': TTY_PROGRAM })
  const exec = runOnTerminal(
    process.execPath,
    [ACKSM.currentScript, 'exec', ...kms.flags, ...VALUE, '--', process.execPath, 'tty.mjs'],
    { cwd, env: { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: path.join(cwd, 'ca.pem'), ...KEY_ENV } },
  )
  await exec.until(/terminal: true true true/)
  exec.type('\u0003')
  await exec.until(/got SIGINT 1/)
  exec.type('\u0003')
  await exec.until(/got SIGINT 2/)
  exec.type('answer\r')
  await exec.until(/read answer/)
  const { code, shown } = await exec.exit
  expect(code).toBe(5)
  expect(shown.match(/got SIGINT/g)).toHaveLength(2)
})

it('passes Ctrl-C on once when stdin is redirected on a terminal', async () => {
  const cwd = await folderWith({ 'ca.pem': kms.caPem, 'count.mjs': COUNTING_PROGRAM })
  const command = [process.execPath, 'count.mjs']
  const exec = runOnTerminal(
    '/bin/sh',
    [
      '-c',
      'exec "$0" "$@" < /dev/null',
      process.execPath,
      ACKSM.currentScript,
      'exec',
      ...kms.flags,
      ...VALUE,
      '--',
      ...command,
    ],
    { cwd, env: { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: path.join(cwd, 'ca.pem'), ...KEY_ENV } },
  )
  await exec.until(/started/)
  exec.type('\u0003')
  await exec.until(/got SIGINT/)
  // acksm passes signals on in the order in which they arrive.
  exec.kill('SIGTERM')
  const { code, shown } = await exec.exit
  expect(code).toBe(5)
  expect(shown.match(/got SIGINT/g)).toHaveLength(1)
})

const COUNTING_PROGRAM = `
process.on('SIGINT', () => console.log('got SIGINT'))
// Two signals that arrive together are handled in either order.
process.on('SIGTERM', () => setImmediate(() => process.exit(5)))
setInterval(() => undefined, 60_000)
console.log('started')
`

const TTY_PROGRAM = `
let count = 0
process.on('SIGINT', () => console.log('got SIGINT ' + (count += 1)))
console.log('terminal: ' + [process.stdin, process.stdout, process.stderr].map(({ isTTY }) => isTTY).join(' '))
process.stdin.on('data', (text) => { console.log('read ' + text); process.exit(5) })
`
