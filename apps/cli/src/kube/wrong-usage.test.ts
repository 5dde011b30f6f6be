import { readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { run } from '../testing/run.ts'

const FORMS = 'expected NAME, NAMESPACE/NAME or KIND/NAME with the kind es, store, css or ces'
const NEEDED = 'NAME, --selector or --all-namespaces is required'

const CASES: [argv: string[], message: string | RegExp][] = [
  ...['refresh', 'suspend', 'resume'].flatMap((verb): [string[], string | RegExp][] => [
    [[verb], `${NEEDED}; see acksm ${verb} --help`],
    [[verb, 'web', '-A'], `a NAME and --all-namespaces cannot be combined; use one of them; see acksm ${verb} --help`],
    [[verb, 'web', '-l', 'a=b'], `a NAME and --selector cannot be combined; use one of them; see acksm ${verb} --help`],
    [
      [verb, '-A', '-n', 'shop', '-l', 'a=b'],
      `--namespace and --all-namespaces cannot be combined; use one of them; see acksm ${verb} --help`,
    ],
    [[verb, 'Web!'], `NAME: ${FORMS}; see acksm ${verb} --help`],
    [[verb, 'a/b/c'], `c: ${FORMS}; see acksm ${verb} --help`],
    [[verb, 'css/a/b'], `b: ClusterSecretStore has no namespace; see acksm ${verb} --help`],
    [
      [verb, 'prod/web', '-n', 'shop'],
      `prod/web and --namespace shop cannot be combined; use one of them; see acksm ${verb} --help`,
    ],
    [[verb, 'web', '-o', 'yaml'], `--output yaml: expected human or json; see acksm ${verb} --help`],
    [[verb, 'web', '--timeout', '0s'], /^acksm: --timeout 0s: expected a duration from 1s to 24h.*\n$/],
    [[verb, 'web', '--kubeconfig', 'none'], /^acksm: kubeconfig .*none: cannot be read.*; see acksm \w+ --help\n$/],
  ]),
  [['suspend', '-A'], '--all-namespaces needs --selector; see acksm suspend --help'],
]

it.each(CASES)('acksm %j: one clear line, exit code 2', async (argv, message) => {
  const cwd = await folderWith({})
  const { code, out, err } = await run(argv, { cwd })
  if (typeof message === 'string') expect(err).toBe(`acksm: ${message}\n`)
  else expect(err).toMatch(message)
  expect([code, out, await readdir(cwd)]).toEqual([2, '', []])
})

it('ignores variables that contradict the command line', async () => {
  const cwd = await folderWith({})
  const env = { ACKSM_NAMESPACE: 'shop', ACKSM_SELECTOR: 'a=b', ACKSM_ALL_NAMESPACES: 'true', ACKSM_KUBECONFIG: 'none' }
  // It gets as far as the kubeconfig.
  for (const argv of [['prod/web'], ['web', '-n', 'prod'], ['-A']]) {
    expect((await run(['refresh', ...argv], { cwd, env })).err).toMatch(/^acksm: kubeconfig .*none: cannot be read/)
  }
})
