import { flagValue } from '@ack-secret-manager/command-line'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../commands/commands.ts'
import { run } from '../testing/run.ts'

const FLAGS = COMMANDS.flatMap(({ name: command, flags }) =>
  Object.entries(flags).map(([name, flag]) => ({ command, name, flag })),
)

describe('flags of acksm', () => {
  it.each(FLAGS.filter(({ flag }) => flag.kind !== 'switch'))(
    '$command refuses an empty --$name and names it',
    ({ name, flag }) => {
      expect(() => flagValue(name, flag, '')).toThrow(new RegExp(`^--${name} .*: expected `))
    },
  )

  it.each(FLAGS)('$command does not read --$name from the environment', async ({ command, name }) => {
    const variable = `ACKSM_${name.toUpperCase().replaceAll('-', '_')}`
    const results = await Promise.all(
      ['', 'x'].map((value) => run([command, '--help'], { env: { [variable]: value } })),
    )
    expect(results).toEqual(Array.from(results, () => results[0]))
  })
})
