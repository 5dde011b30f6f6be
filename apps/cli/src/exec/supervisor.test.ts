import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { Log } from '../output/log.ts'
import { Capture } from '../testing/run.ts'
import { Child } from './child.ts'
import { Supervisor } from './supervisor.ts'

interface Fixture {
  readonly supervisor: Supervisor
  readonly clock: ManualClock
  readonly err: Capture
  readonly starts: () => number
}

/** Supervises a real program in a manual time. */
function supervise(script: string): Fixture {
  const clock = new ManualClock()
  const err = new Capture()
  let starts = 0
  const supervisor = new Supervisor({
    program: 'sh',
    start: () => {
      starts += 1
      const io = {
        stdout: err,
        stderr: err,
        env: {},
        cwd: '/',
        isTTY: { stdout: false, stderr: false },
        signal: new AbortController().signal,
      }
      return Child.start({ program: 'sh', args: ['-c', script], env: { PATH: process.env['PATH'] ?? '' } }, io)
    },
    mode: { kind: 'restart' },
    stopTimeoutMs: 10_000,
    log: new Log(err, 'info'),
    clock,
  })
  return { supervisor, clock, err, starts: () => starts }
}

it('starts a failing program again after 1, 2, 4 and 8 s, and then gives up with its exit code', async () => {
  const { supervisor, clock, err, starts } = supervise('exit 9')
  const ended = supervisor.run()
  for (const [index, pause] of [1, 2, 4, 8].entries()) {
    await err.until(new RegExp(`exit code 9; starting it again in ${pause} s, `))
    await clock.advance(pause * 1_000 - 1)
    expect(starts()).toBe(index + 1)
    await clock.advance(1)
  }
  expect([await ended, starts()]).toEqual([9, 5])
  expect(err.text).toMatch(/exit code 9, 5 times in a row; giving up\n$/)
})

it('forgets failures of a program that has run for a while, and those before a change', async () => {
  const { supervisor, clock, err } = supervise('echo up $$; exec tail -f /dev/null')
  const ended = supervisor.run()
  const kill = async (count: number): Promise<void> => {
    const text = await err.until(new RegExp(`^(?:[^]*up \\d+\n){${count}}`))
    const pid = [...text.matchAll(/up (\d+)/g)].at(-1)?.[1]
    process.kill(Number(pid), 'SIGKILL')
    await err.until(new RegExp(`^(?:[^]*ended with SIGKILL; starting it again in 1 s){${count}}`))
  }
  await kill(1)
  supervisor.change()
  await kill(2)
  await clock.advance(1_000)
  await err.until(/^(?:[^]*up \d+\n){3}/)
  await clock.advance(10_000)
  await kill(3)
  supervisor.signal('SIGTERM', false)
  expect(await ended).toBe(143)
})

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('ends with %s during a pause, without another start', async (signal, code) => {
  const { supervisor, err, starts } = supervise('exit 9')
  const ended = supervisor.run()
  await err.until(/starting it again/)
  supervisor.signal(signal, false)
  expect([await ended, starts()]).toEqual([code, 1])
})

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('does not start a program again that %s has ended', async (signal, code) => {
  const { supervisor, err, starts } = supervise('echo up; exec tail -f /dev/null')
  const ended = supervisor.run()
  await err.until(/up/)
  supervisor.signal(signal, false)
  expect([await ended, starts()]).toEqual([code, 1])
})

it('does not send a signal that the program has from its terminal', async () => {
  const { supervisor, err } = supervise(
    // The child says that it is up, because a signal between its fork and its start would be lost.
    `trap 'echo got INT' INT; trap 'kill $!; exit 4' TERM; (trap - TERM; echo up; exec tail -f /dev/null) & wait; wait`,
  )
  const ended = supervisor.run()
  await err.until(/up/)
  supervisor.signal('SIGINT', true)
  supervisor.signal('SIGTERM', false)
  expect(await ended).toBe(4)
  expect(err.text).toBe('up\n')
})

it('kills a program that ignores SIGTERM after the timeout, and restarts it once for two changes', async () => {
  const { supervisor, clock, err, starts } = supervise('trap "" TERM; echo up; exec tail -f /dev/null')
  const ended = supervisor.run()
  await err.until(/up/)
  supervisor.change()
  supervisor.change()
  await err.until(/restarting sh/)
  await clock.advance(9_999)
  expect([starts(), err.text.includes('killing')]).toEqual([1, false])
  await clock.advance(1)
  await err.until(/up\n[^]*not ended 10 s after SIGTERM; killing it\n[^]*up\n/)
  expect(starts()).toBe(2)
  supervisor.change()
  await err.until(/restarting sh[^]*restarting sh/)
  // An end that a user asks for ends the restart, too.
  supervisor.signal('SIGTERM', false)
  await clock.advance(10_000)
  expect([await ended, starts()]).toEqual([137, 2])
})

it('does not start a program again that has ended well', async () => {
  const { supervisor, starts } = supervise('exit 0')
  expect([await supervisor.run(), starts()]).toEqual([0, 1])
})
