import { expect, it } from 'vitest'
import { COMMANDS } from './commands/commands.ts'
import { run } from './testing/run.ts'

it.each(COMMANDS.map((command) => [command.name, command] as const))(
  'breaks no sentence of the help of %s by hand',
  (_name, { description, note = '' }) => {
    const lines = [description, note].flatMap((text) => text.split('\n').slice(0, -1))
    expect(lines.filter((line) => !/[.:}]$/.test(line))).toEqual([])
  },
)

it.each([50, 60, 72, 80, 100])('wraps the text of the help in %i columns', async (columns) => {
  for (const { name, examples } of COMMANDS) {
    const { code, out } = await run([name, '--help'], { columns })
    const calls = new Set(examples.flatMap(([call, does]) => [`  ${call}`, `  # ${does}`]))
    // A name, a pattern or an address cannot be broken.
    const isText = (line: string): boolean => !/^\s*\S+$/.test(line) && !/^ {2}-|^Usage|^ {2}\{/.test(line)
    const tooLong = out.split('\n').filter((line) => line.length > columns && !calls.has(line) && isText(line))
    expect([name, code, tooLong]).toEqual([name, 0, []])
  }
})
