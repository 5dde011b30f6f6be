import type { Program } from './program.ts'

/** Flags of Node that make a program report the longer turns of its event loop. */
export const REPORTS_TURNS: readonly string[] = ['--import', new URL('./report-turns.ts', import.meta.url).href]

/** Turns that loaded the program itself come before this line. */
const READY = /\bhealthPort"?[:=]\d/
const REPORT = /^turn of the event loop: (\d+) ms$/

/** Processor time of the longest turn of a program's event loop since it was ready, in milliseconds. */
export function longestTurnMs({ lines }: Pick<Program, 'lines'>): number {
  const readyAt = lines.findIndex((line) => READY.test(line))
  if (readyAt < 0) return 0
  const turns = lines.slice(readyAt).map((line) => Number(REPORT.exec(line)?.[1] ?? 0))
  return Math.max(...turns, 0)
}
