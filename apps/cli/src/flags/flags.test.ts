import { type Flag, flagValue, flagValues, variableOf } from '@ack-secret-manager/command-line'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../commands/commands.ts'
import { run } from '../testing/run.ts'

const FLAGS = COMMANDS.flatMap(({ name: command, flags }) =>
  Object.entries(flags).map(([name, flag]) => ({ command, name, flag })),
)

const TYPED_ONLY = ['overwrite', 'description', 'create', 'dry-run', 'force', 'tag', 'version-id', 'watch', 'yes']

const optional = ({ required: _required, ...flag }: Flag): Flag => flag

describe('flags of acksm', () => {
  it.each(FLAGS.filter(({ flag }) => flag.kind !== 'switch'))(
    '$command refuses an empty --$name and names it',
    ({ name, flag }) => {
      expect(() => flagValue(name, flag, '')).toThrow(new RegExp(`^--${name} .*: expected `))
    },
  )

  it.each(FLAGS.filter(({ name }) => TYPED_ONLY.includes(name)))(
    '$command does not read --$name from a variable',
    ({ name, flag }) => {
      const read = (env: object): unknown => flagValues({ [name]: optional(flag) }, { given: {}, env: { ...env } })
      expect(read({ [variableOf(name)]: 'true' })).toEqual(read({}))
    },
  )

  it('asks for a deletion, whatever the variables', async () => {
    const { code, err } = await run(['delete', 'app/db'], { env: { ACKSM_FORCE: 'true', ACKSM_YES: '1' } })
    expect([code, err]).toEqual([2, expect.stringMatching(/there is no terminal to ask on: add --yes/)])
    expect((await run(['delete', '--help'], { columns: 200 })).out).toMatch(
      /\nOnly on the command line, because they are for one call: --force, --yes, --dry-run\.\n/,
    )
  })

  it.each(FLAGS.filter(({ name }) => !TYPED_ONLY.includes(name)))(
    '$command reads --$name from its variable as from the command line',
    ({ name, flag }) => {
      const read = (sources: object): unknown => {
        try {
          return flagValues({ [name]: optional(flag) }, { given: {}, ...sources })
        } catch (error) {
          return String(error).replace(/^UsageError: \S+ /, '')
        }
      }
      for (const text of [flag.choices?.at(-1) ?? '7', 'true', '90s', 'a']) {
        expect(read({ env: { [variableOf(name)]: text } })).toEqual(read({ given: { [name]: text } }))
        const both = { given: { [name]: text }, env: { [variableOf(name)]: '?' } }
        expect(read(both)).toEqual(read({ given: { [name]: text } }))
      }
      expect(read({ env: { [variableOf(name)]: '' } })).toEqual(read({}))
    },
  )

  it.each([...new Set(FLAGS.map(({ command }) => command))])('the help of %s says so', async (name) => {
    expect((await run([name, '--help'])).out).toMatch(/\nVariables: each flag is also read from ACKSM_/)
  })

  it.each([
    [['crds'], { ACKSM_OUTPUT: 'xml' }, 'ACKSM_OUTPUT xml: expected yaml or json or human; see acksm crds --help'],
    [['get', 'a'], { ACKSM_NETWORK: 'lan' }, 'ACKSM_NETWORK lan: expected public or vpc; see acksm get --help'],
    [
      ['get', 'a'],
      { ACKSM_REGION: 'a secret in the wrong variable' },
      'ACKSM_REGION …: expected a region such as cn-hangzhou; see acksm get --help',
    ],
    [
      ['get', 'a'],
      { ALIBABA_CLOUD_REGION_ID: 'Beijing' },
      'ALIBABA_CLOUD_REGION_ID: expected a region such as cn-hangzhou',
    ],
  ])('%j with %j names the variable', async (argv, env, message) => {
    expect(await run(argv, { env })).toMatchObject({ code: 2, out: '', err: `acksm: ${message}\n` })
  })

  it('ignores variables of flags that need another flag', async () => {
    const env = {
      ACKSM_CONTEXT: 'staging',
      ACKSM_POLLING_INTERVAL: '5s',
      ACKSM_FILENAME: 'none.yaml',
      ACKSM_OUT: 'out',
    }
    expect(await run(['sync'], { env })).toMatchObject({
      code: 2,
      err: 'acksm: none.yaml: no such file or directory\n',
    })
  })
})
