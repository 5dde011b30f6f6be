import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { longestTurnMs, REPORTS_TURNS } from './longest-turn.ts'
import { Program } from './program.ts'

const BUSY = fileURLToPath(new URL('../testing/busy.ts', import.meta.url))

it('measures the CPU time of the longest turn, and nothing before the program is ready', async () => {
  await using program = Program.start({ name: 'busy', script: BUSY, args: [], nodeArgs: REPORTS_TURNS })
  expect(await program.exited).toBe(0)
  const turnMs = longestTurnMs(program)
  expect(turnMs).toBeGreaterThanOrEqual(150)
  // The longer turn was before it was ready, and a wait is not work.
  expect(turnMs).toBeLessThan(600)
})

it.each([
  ['nothing was reported', ['healthPort=1'], 0],
  ['it never became ready', ['turn of the event loop: 70 ms'], 0],
  [
    'later ones are longer',
    ['{"healthPort":1}', 'turn of the event loop: 70 ms', 'x', 'turn of the event loop: 95 ms'],
    95,
  ],
])('returns the longest if %s', (_what, lines, expected) => {
  expect(longestTurnMs({ lines })).toBe(expected)
})
