import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { useKms } from '../testing/kms.ts'
import { entry, externalSecretYaml, storeYaml } from '../testing/manifests.ts'
import { run } from '../testing/run.ts'

const kms = useKms()

it.each(['{"items":[{"metadata":null},5]}', '{"metadata":null}', '[]', 'null'])(
  'names the request of the response %s',
  async (body) => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const kubeconfig = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'u', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'u',
    })
    const web = externalSecretYaml('web', { data: [entry('app/token', 'token')] })
    const cwd = await folderWith({ kubeconfig, 'in/store.yaml': storeYaml(), 'in/web.yaml': web })
    const { code, out, err } = await run(
      ['diff', '-f', 'in', '--kubeconfig', 'kubeconfig', '--timeout', '20s', ...kms.flags],
      { cwd },
    )
    expect([code, out]).toEqual([2, '1 of 1 ExternalSecret failed\n'])
    expect(err).toContain('ExternalSecret default/web in the cluster: the API server did not respond with an object')
  },
)
