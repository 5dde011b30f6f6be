import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { run } from '../testing/run.ts'

it.each(['null', '[]', '{"metadata":null}', '5'])('status NAME names the object of the response %s', async (body) => {
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
  const cwd = await folderWith({ kubeconfig })
  const { code, out, err } = await run(['status', 'web', '--kubeconfig', 'kubeconfig', '--timeout', '20s'], { cwd })
  expect([code, out]).toEqual([1, ''])
  expect(err).toMatch(/^acksm: ExternalSecret default\/web: .*the API server did not respond with an object\n$/)
})
