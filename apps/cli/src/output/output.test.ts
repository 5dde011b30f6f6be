import { ManualClock } from '@ack-secret-manager/core/testing'
import { describe, expect, it } from 'vitest'
import { Capture } from '../testing/run.ts'
import { printable } from './printable.ts'
import { Progress } from './progress.ts'
import { paintFor } from './style.ts'
import { table } from './table.ts'
import { terminalStream } from './terminal-stream.ts'

describe('table', () => {
  it('aligns by text, not by colour, and shows no control characters', () => {
    const red = (text: string): string => `<red>${text}</red>`
    expect(
      table([
        [{ text: 'NAME' }, { text: 'READY' }, { text: 'MESSAGE' }],
        [{ text: 'long-name' }, { text: 'No', paint: red }, { text: 'a\u001b[2Jb\nc' }],
      ]),
    ).toBe('NAME       READY  MESSAGE\nlong-name  <red>No</red>     a\\u001b[2Jb c\n')
  })
})

it('aligns a table with Chinese text, emoji and combining marks', () => {
  const rows = ['NAME', '团队=支付', 'ａ😀', 'e\u0301'].map((text) => [{ text }, { text: '|' }])
  expect(table(rows)).toBe('NAME       |\n团队=支付  |\nａ😀       |\ne\u0301          |\n')
})

it.each([
  ['plain text, 中文', 'plain text, 中文'],
  ['two\n   lines', 'two lines'],
  ['\u001b]0;title\u0007\u009b1m', '\\u001b]0;title\\u0007\\u009b1m'],
  ['\u202egnp.exe', '\\u202egnp.exe'],
])('prints %j as one line without control characters', (text, shown) => expect(printable(text)).toBe(shown))

it('escapes everything on a terminal except line ends, tabs and its own colours', () => {
  const out = new Capture()
  const stream = terminalStream(out)
  stream.write('a\tb\r\nc\n\u001b[32mok\u001b[0m\u001b[2J\u001b[8m\r\u009b1m')
  expect(out.text).toBe('a\tb\r\nc\n\u001b[32mok\u001b[0m\\u001b[2J\\u001b[8m\\r\\u009b1m')
  stream.write(new TextEncoder().encode('\u001b[2J'))
  expect(out.text.endsWith('\u001b[2J')).toBe(true)
})

it.each([
  [true, {}, '\u001b[32mok\u001b[0m'],
  [true, { NO_COLOR: '1' }, 'ok'],
  [true, { TERM: 'dumb' }, 'ok'],
  [false, {}, 'ok'],
  [false, { FORCE_COLOR: '1' }, '\u001b[32mok\u001b[0m'],
  [false, { FORCE_COLOR: '1', TERM: 'dumb' }, '\u001b[32mok\u001b[0m'],
  [false, { FORCE_COLOR: '1', NO_COLOR: '' }, '\u001b[32mok\u001b[0m'],
  [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, 'ok'],
  [false, { FORCE_COLOR: '' }, 'ok'],
  [true, { FORCE_COLOR: '' }, '\u001b[32mok\u001b[0m'],
  [true, { FORCE_COLOR: '0' }, 'ok'],
])('uses colours only on a terminal, unless forced: %s %j', (stdout, env, shown) => {
  expect(paintFor({ isTTY: { stdout, stderr: false }, env })('green', 'ok')).toBe(shown)
})

describe('progress', () => {
  const begin = (
    stderr: boolean,
  ): { clock: ManualClock; err: Capture; progress: Progress; count: { done: number } } => {
    const [clock, err, count] = [new ManualClock(), new Capture(), { done: 1 }]
    const io = {
      stdout: new Capture(),
      stderr: err,
      env: {},
      cwd: '/',
      isTTY: { stdout: false, stderr },
      columns: 12,
      signal: new AbortController().signal,
    }
    return { clock, err, count, progress: new Progress(io, clock, () => `${count.done} of 40 resources`) }
  }

  it('appears after two seconds, stays on its line, and is erased', async () => {
    const { clock, err, count, progress } = begin(true)
    await clock.advance(1_999)
    expect(err.text).toBe('')
    await clock.advance(1)
    expect(err.text).toBe('\r1 of 40 res\u001b[K')
    count.done = 2
    await clock.advance(200)
    progress.end()
    expect(err.text).toBe('\r1 of 40 res\u001b[K\r2 of 40 res\u001b[K\r\u001b[K')
    await clock.advance(10_000)
    expect(err.text.endsWith('\r\u001b[K')).toBe(true)
  })

  it.each([
    ['short work', true, 1_000],
    ['no terminal', false, 5_000],
  ])('shows nothing: %s', async (_why, stderr, durationMs) => {
    const { clock, err, progress } = begin(stderr)
    await clock.advance(durationMs)
    progress.end()
    expect(err.text).toBe('')
  })
})
