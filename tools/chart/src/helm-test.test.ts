import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { runHelmTest, type TestPod, testPod } from './programs/run-helm-test.ts'
import { useHelm } from './programs/use-helm.ts'
import { ROOT } from './root.ts'

const LEADER = '# TYPE acksm_leader gauge\nacksm_leader 1\n'
const STANDBY = '# TYPE acksm_leader gauge\nacksm_leader 0\n'

describe('helm test', () => {
  const helm = useHelm()
  const servers: Server[] = []
  afterEach(() => Promise.all(servers.splice(0).map((server) => server[Symbol.asyncDispose]())))

  const podOf = (values: object): Promise<TestPod> =>
    testPod(helm, { release: 'ack-secret-manager', namespace: 'kube-system', values })

  /** Serves the metrics of one replica after the other. @returns the port */
  async function serve(...replicas: readonly string[]): Promise<number> {
    let count = 0
    const server = createServer((request, response) => {
      const answer = request.url === '/metrics' ? replicas[count % replicas.length] : undefined
      count += 1
      response.writeHead(answer === undefined ? 404 : 200).end(answer)
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }

  const run = async (port: number, hosts: readonly string[]): Promise<string> =>
    runHelmTest(await podOf({}), { port, hosts })

  it('runs Node of the image, with the port, the replicas, the shards and the Service, and has no token', async () => {
    const { spec, metadata } = await podOf({ ports: { metrics: 9090 }, replicaCount: 3, podLabels: { a: 'b' } })
    expect(metadata).toMatchObject({ annotations: { 'helm.sh/hook': 'test' } })
    expect(spec.automountServiceAccountToken).toBe(false)
    const dockerfile = readFileSync(new URL('Dockerfile', ROOT), 'utf8')
    const [, node] = /^ENTRYPOINT \["([^"]+)"/m.exec(dockerfile) ?? []
    expect(spec.containers[0].command).toEqual([node, '--input-type=module', '--eval'])
    expect(spec.containers[0].args.slice(1)).toEqual([
      '9090',
      '3',
      'true',
      '1',
      '60',
      'ack-secret-manager-metrics.kube-system.svc',
    ])
  })

  it('is not selected by the Service and the PodDisruptionBudget', async () => {
    const labels = (await podOf({})).metadata.labels ?? {}
    expect(labels['app.kubernetes.io/name']).toBe('ack-secret-manager-test')
  })

  it.each<[string, object]>([
    ['without a Service of the replicas', { metrics: { service: { create: false } } }],
    ['without replicas', { replicaCount: 0 }],
    [
      'if only some namespaces may ask',
      { networkPolicy: { create: true, metricsFrom: [{ matchLabels: { a: 'b' } }] } },
    ],
  ])('has no pod %s', async (_given, values) => {
    await expect(podOf(values)).rejects.toThrow('could not find template templates/tests/ready.yaml')
  })

  it('passes if all replicas answer and one leads', async () => {
    const port = await serve(STANDBY, LEADER)
    expect(await run(port, ['127.0.0.1', '127.0.0.1'])).toBe('0: 2 of 2 replicas are ready, and one of them leads\n')
  })

  it.each<[string, readonly string[], readonly string[], string]>([
    ['a replica that is not ready', [LEADER], ['127.0.0.1'], '1 of 2 replicas are ready. See kubectl get pods'],
    ['no replica, because the Service has no address', [LEADER], ['none.invalid'], '0 of 2 replicas are ready.'],
    ['no leader', [STANDBY], ['127.0.0.1', '127.0.0.1'], 'No replica leads: see the Lease for its holder'],
    ['two leaders', [LEADER], ['127.0.0.1', '127.0.0.1'], '2 replicas lead at the same time.'],
    ['another program', [], ['127.0.0.1'], 'A replica does not answer: 127.0.0.1: HTTP 404'],
  ])('fails with the reason: %s', async (_rule, replicas, hosts, reason) => {
    expect(await run(await serve(...replicas), hosts)).toContain(`1: ${reason}`)
  })

  it('fails with the error of a replica that does not listen', async () => {
    // No program listens on port 2, and fetch accepts it; a port that was free a moment ago may be in use again.
    expect(await run(2, ['127.0.0.1'])).toContain('1: A replica does not answer: 127.0.0.1: connect ECONNREFUSED')
  })
})
