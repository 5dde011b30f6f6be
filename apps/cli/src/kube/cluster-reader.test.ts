import { expect, it } from 'vitest'
import { kubeconfigOfServer } from '../testing/broken-api-server.ts'
import { folderWith } from '../testing/files.ts'
import { type Ran, run } from '../testing/run.ts'

/** Runs a command against an API server that gives this response to each request. */
async function runAgainst(
  argv: readonly string[],
  status: number,
  body: string,
  type = 'application/json',
): Promise<Ran> {
  const kubeconfig = await kubeconfigOfServer((response) =>
    response.writeHead(status, { 'content-type': type }).end(body),
  )
  const cwd = await folderWith({ kubeconfig })
  return run([...argv, '--kubeconfig', 'kubeconfig', '--timeout', '20s'], { cwd })
}

it.each(['null', '[]', '{"metadata":null}', '5'])('status NAME names the object of the response %s', async (body) => {
  const { code, out, err } = await runAgainst(['status', 'web'], 200, body)
  expect([code, out]).toEqual([1, ''])
  expect(err).toMatch(
    /^acksm: ExternalSecret default\/web: .*the response is not the requested object; check that the address is an API server\n$/,
  )
})

const status = (code: number, reason: string): string =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: reason })

it.each([['status', 'web'], ['status', '-A'], ['refresh', 'web'], ['version']])(
  'acksm %s %s says to log in again when the API server does not accept the credential',
  async (...argv) => {
    const { code, err } = await runAgainst(argv, 401, status(401, 'Unauthorized'))
    expect(code).toBe(1)
    expect(err).toContain('the API server does not accept the credential of the kubeconfig: log in again\n')
    expect(err).not.toContain('you may not')
  },
)

it.each(['status', 'tree', 'refresh', 'suspend'])('acksm %s NAME says that the CRDs are missing', async (command) => {
  const missing = await runAgainst([command, 'web'], 404, '404 page not found\n', 'text/plain')
  expect([missing.code, missing.err]).toEqual([
    1,
    'acksm: the cluster does not have the CRDs of ack-secret-manager; install them with: acksm crds | kubectl apply --server-side -f -\n',
  ])
  const { err } = await runAgainst([command, 'web'], 404, status(404, 'NotFound'))
  expect(err).toBe('acksm: ExternalSecret default/web: not found\n')
})
