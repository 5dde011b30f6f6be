import { expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { run } from '../testing/run.ts'

const MISSING = { code: 'Usage', message: expect.stringMatching(/^missing required argument 'NAME'/) }

it.each<[argv: string[], env: Record<string, string>, error: object]>([
  [['get', '-o', 'json'], {}, MISSING],
  [['get', '-ojson'], {}, MISSING],
  [['get', '--output=json'], {}, MISSING],
  [['get'], { ACKSM_OUTPUT: 'json' }, MISSING],
  [
    ['get', 'a', '--bad', '-o', 'json'],
    {},
    { code: 'Usage', message: expect.stringMatching(/^unknown option '--bad'/) },
  ],
  [
    ['get', 'a', '-o', 'json'],
    {},
    { code: 'InvalidInput', message: expect.stringMatching(/^no Alibaba Cloud identity is configured/) },
  ],
  [
    ['migrate', '-f', 'two.yaml', '-o', 'json'],
    {},
    {
      code: 'InvalidInput',
      message: expect.stringMatching(/^two\.yaml:1: /),
      problems: [expect.stringMatching(/^two\.yaml:1: /), expect.stringMatching(/^two\.yaml:3: /)],
    },
  ],
])('a failure of acksm %j is one document', async (argv, env, error) => {
  const cwd = await folderWith({ 'two.yaml': 'kind: x\n---\nkind: y\n' })
  const { code, out, err } = await run(argv, { env, cwd })
  expect([code, JSON.parse(out)]).toEqual([2, { error }])
  expect(err).toMatch(/^acksm: /)
})

it.each([
  ['other output', ['get', '-o', 'human'], {}],
  ['the last of two', ['get', '-o', 'json', '-o', 'human'], {}],
  ['the command line before a variable', ['get', '-o', 'human'], { ACKSM_OUTPUT: 'json' }],
  ['a command without JSON', ['simulate', '-o', 'json'], {}],
  ['no command', ['-o', 'json'], {}],
])('%s: only a line on stderr', async (_rule, argv, env) => {
  expect(await run(argv, { env })).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^acksm: .*\n$/) })
})
