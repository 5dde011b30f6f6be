import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { kubeconfigFor } from '../testing/broken-api-server.ts'
import { folderWith } from '../testing/files.ts'
import { run, start } from '../testing/run.ts'

const FORMS = 'expected NAME, NAMESPACE/NAME or KIND/NAME with the kind es, store, css or ces'
const SOME = 'one ExternalSecret (NAME), those of a store (store/NAME), or those with labels (-l LABEL=VALUE)'

const CASES: [argv: string[], message: string | RegExp][] = [
  ...['refresh', 'suspend', 'resume'].flatMap((verb): [string[], string | RegExp][] => [
    [[verb, '-n', 'shop'], new RegExp(`^acksm: name what to ${verb}: `)],
    [[verb, 'web', '-A'], `a NAME and --all-namespaces cannot be combined; use one of them; see acksm ${verb} --help`],
    [[verb, 'web', '-l', 'a=b'], `a NAME and --selector cannot be combined; use one of them; see acksm ${verb} --help`],
    [
      [verb, '-A', '-n', 'shop', '-l', 'a=b'],
      `--namespace and --all-namespaces cannot be combined; use one of them; see acksm ${verb} --help`,
    ],
    [[verb, 'Web!'], `NAME: ${FORMS}; see acksm ${verb} --help`],
    [[verb, 'a/b/c'], `c: ${FORMS}; see acksm ${verb} --help`],
    [
      [verb, 'push/web'],
      `web: a PushSecret, which acksm tree shows; its annotation alibabacloud.com/refresh-now pushes again; see acksm ${verb} --help`,
    ],
    [[verb, 'css/a/b'], `b: ClusterSecretStore has no namespace; see acksm ${verb} --help`],
    [
      [verb, 'prod/web', '-n', 'shop'],
      `prod/web and --namespace shop cannot be combined; use one of them; see acksm ${verb} --help`,
    ],
    [[verb, 'web', '-o', 'yaml'], `--output yaml: expected human or json; see acksm ${verb} --help`],
    [[verb, 'web', '--timeout', '0s'], /^acksm: --timeout 0s: expected a duration from 1s to 24h.*\n$/],
    [[verb, 'web', '--kubeconfig', 'none'], /^acksm: kubeconfig .*none: cannot be read.*; see acksm \w+ --help\n$/],
  ]),
  [['tree'], "missing required argument 'NAME'; see acksm tree --help"],
  [['tree', 'web', '-w'], "unknown option '-w'; see acksm tree --help"],
  [['tree', 'a/b/c'], `c: ${FORMS}; see acksm tree --help`],
  [['status', 'web', '-A'], 'a NAME and --all-namespaces cannot be combined; use one of them; see acksm status --help'],
  [
    ['status', '-A', '-n', 'shop'],
    '--namespace and --all-namespaces cannot be combined; use one of them; see acksm status --help',
  ],
  [['status', 'ces/web', '-w'], '--watch shows ExternalSecrets, not a ClusterExternalSecret; see acksm status --help'],
  [['status', '-o', 'yaml'], '--output yaml: expected human or wide or json; see acksm status --help'],
  [['status', '--kubeconfig', 'none'], /^acksm: kubeconfig .*none: cannot be read.*; see acksm status --help\n$/],
  [['version', 'more'], /^acksm: too many arguments.*; see acksm version --help\n$/],
  [['version', '--kubeconfig', 'none'], /^acksm: kubeconfig .*none: cannot be read.*; see acksm version --help\n$/],
  [['suspend'], `name what to suspend: ${SOME}; see acksm suspend --help`],
  [['resume'], `name what to resume: ${SOME}; see acksm resume --help`],
  [['refresh'], `name what to refresh: ${SOME}; or all of them (-A); see acksm refresh --help`],
  [
    ['release'],
    'name what to release: one PushSecret (NAME), those with labels (-l LABEL=VALUE), or all of them (-A); see acksm release --help',
  ],
  [['suspend', '-A'], '--all-namespaces needs --selector; see acksm suspend --help'],
]

it.each(CASES)('acksm %j: one clear line, exit code 2', async (argv, message) => {
  const cwd = await folderWith({})
  const { code, out, err } = await run(argv, { cwd })
  if (typeof message === 'string') expect(err).toBe(`acksm: ${message}\n`)
  else expect(err).toMatch(message)
  expect([code, out, await readdir(cwd)]).toEqual([2, '', []])
})

it('takes the kind of a PushSecret in release, as tree shows it', async () => {
  const cwd = await folderWith({})
  // It gets as far as the kubeconfig.
  const { err } = await run(['release', 'push/web', '--kubeconfig', 'none'], { cwd })
  expect(err).toMatch(/^acksm: kubeconfig .*none: cannot be read/)
})

it('ignores variables that contradict the command line', async () => {
  const cwd = await folderWith({})
  const env = { ACKSM_NAMESPACE: 'shop', ACKSM_SELECTOR: 'a=b', ACKSM_ALL_NAMESPACES: 'true', ACKSM_KUBECONFIG: 'none' }
  // It gets as far as the kubeconfig.
  for (const argv of [['prod/web'], ['web', '-n', 'prod'], ['-A']]) {
    expect((await run(['refresh', ...argv], { cwd, env })).err).toMatch(/^acksm: kubeconfig .*none: cannot be read/)
  }
})

it('prints its version without a cluster', async () => {
  const { code, out, err } = await run(['version', '--client'])
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/^acksm \d+\.\d+\.\d+ \(Node [\d.]+\)\n$/)
})

it.each([['status'], ['tree', 'web'], ['suspend', 'web'], ['version'], ['refresh', '-A', '--wait']])(
  '%s ends at its deadline if the API server hangs',
  async (...argv) => {
    const cwd = await folderWith({ config: await hangingServer() })
    const { code, err } = await run([...argv, '--kubeconfig', 'config', '--timeout', '1s'], { cwd })
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^acksm: (warning: )?not finished within 1 s; increase --timeout\n$/),
    ])
  },
)

it('shows on a terminal that a command waits for the API server', async () => {
  const cwd = await folderWith({ config: await hangingServer() })
  const wait = async (command: string): Promise<string> => {
    const argv = [...command.split(' '), '--kubeconfig', 'config', '--timeout', '10s']
    const running = start(argv, { cwd, isTTY: { stdout: true, stderr: true } })
    await Promise.race([running.err.until(/reading the cluster …/), running.done])
    running.stop('SIGINT')
    const { code, err } = await running.done
    return `${code} ${err.startsWith('\rreading the cluster …') && err.endsWith('\r\u001b[K') ? 'shown and erased' : err}`
  }
  const commands = ['status', 'tree web', 'suspend web', 'resume web', 'release -A', 'version', 'refresh -A']
  expect(await Promise.all(commands.map(wait))).toEqual(commands.map(() => '130 shown and erased'))
})

it('prints its version, and exits with 1, if the cluster does not respond', async () => {
  const cwd = await folderWith({ config: kubeconfigFor('https://127.0.0.1:1') })
  const { code, out, err } = await run(['version', '--kubeconfig', 'config', '-o', 'json'], { cwd })
  expect([code, JSON.parse(out)]).toEqual([1, { client: { version: expect.any(String), node: process.versions.node } }])
  expect(err).toMatch(/^acksm: warning: .*ECONNREFUSED.*\n$/)
  const status = await run(['status', '--kubeconfig', 'config'], { cwd })
  expect([status.code, status.out, status.err]).toEqual([1, '', expect.stringMatching(/^acksm: .*ECONNREFUSED.*\n$/)])
})

/** The kubeconfig of a server that accepts connections and never responds. */
async function hangingServer(): Promise<string> {
  const server = createServer(() => {}).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return kubeconfigFor(`https://127.0.0.1:${port}`)
}
