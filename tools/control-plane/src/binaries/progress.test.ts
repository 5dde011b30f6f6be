import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createProgress } from './progress.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function collector(isTTY = false): { readonly texts: string[]; readonly isTTY: boolean; write(text: string): void } {
  const texts: string[] = []
  return { texts, isTTY, write: (text) => void texts.push(text) }
}

it('prints a line every ten seconds, with the latest text and the time of the stage', () => {
  const stream = collector()
  const progress = createProgress({ stream, now: Date.now })
  progress.stage('compiling')
  progress.update('compiling, 5 of 9')
  vi.advanceTimersByTime(20_000)
  progress.done('built')
  vi.advanceTimersByTime(60_000)
  expect(stream.texts).toEqual([
    'control plane: compiling (0 s)\n',
    'control plane: compiling, 5 of 9 (10 s)\n',
    'control plane: compiling, 5 of 9 (20 s)\n',
    'control plane: built in 20 s\n',
  ])
})

it('resets the time with every stage', () => {
  const stream = collector()
  const progress = createProgress({ stream, now: Date.now })
  progress.stage('fetching')
  vi.advanceTimersByTime(9_000)
  progress.stage('compiling')
  vi.advanceTimersByTime(10_000)
  progress.close()
  expect(stream.texts.at(-1)).toBe('control plane: compiling (10 s)\n')
})

it('rewrites one line on a terminal', () => {
  const stream = collector(true)
  const progress = createProgress({ stream, now: Date.now })
  progress.stage('compiling')
  vi.advanceTimersByTime(2_000)
  progress.close()
  expect(stream.texts.join('')).toBe(
    ['(0 s)', '(1 s)', '(2 s)'].map((time) => `\r\u001B[Kcontrol plane: compiling ${time}`).join('') + '\n',
  )
})
