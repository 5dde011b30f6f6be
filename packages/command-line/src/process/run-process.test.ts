import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'

/** A program that returns while a timer of it would run on. @param redirection of a shell */
function program(body: string, redirection = ''): ChildProcessByStdio<null, Readable, Readable> {
  const script = `
    const { runProcess } = await import('${new URL('run-process.ts', import.meta.url).href}')
    setInterval(() => undefined, 600_000)
    await runProcess('program', async ({ stdout, stderr, signal }) => { ${body} })`
  const argv = ['--conditions=@ack-secret-manager/source', '--input-type=module', '--eval', script]
  const call = ['-c', `exec "$0" "$@" ${redirection}`, process.execPath, ...argv]
  const child = spawn('/bin/sh', call, { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

it('ends with the exit code, whatever is still open', async () => {
  expect(await once(program('return 7'), 'exit')).toEqual([7, null])
})

it.each([
  ['stdout', 'stderr'],
  ['stderr', 'stdout'],
] as const)('writes all of %s for a slow reader', async (full, other) => {
  const child = program(`${full}.write('x'.repeat(1_048_576)); ${other}.write('returning'); return 3`)
  const exit = once(child, 'exit')
  await once(child[other], 'data')
  expect(await text(child[full])).toHaveLength(1_048_576)
  expect(await exit).toEqual([3, null])
})

it('ends when the reader is gone', async () => {
  const child = program(`stdout.write('x'.repeat(1_048_576)); stderr.write('returning'); return 3`)
  await once(child.stderr, 'data')
  child.stdout.destroy()
  expect(await once(child, 'exit')).toEqual([3, null])
})

it('goes on without messages when their reader is gone', async () => {
  const child = program(
    `const gone = new Promise((resolve) => process.stderr.once('error', resolve))
     while (!(await Promise.race([gone, new Promise((next) => setImmediate(next))]))) stderr.write('x')
     stdout.write(signal.aborted ? 'stopped' : 'done')
     return 3`,
  )
  const exit = once(child, 'exit')
  await once(child.stderr, 'data')
  child.stderr.destroy()
  expect(await text(child.stdout)).toBe('done')
  expect(await exit).toEqual([3, null])
})

it.runIf(existsSync('/dev/full'))('goes on without messages when stderr is on a full disk', async () => {
  const child = program(
    `for (const line of ['one', 'two']) {
       stderr.write(line)
       await new Promise(setImmediate)
     }
     stdout.write('done')
     return 3`,
    '2> /dev/full',
  )
  const exit = once(child, 'exit')
  expect(await text(child.stdout)).toBe('done')
  expect(await exit).toEqual([3, null])
})
