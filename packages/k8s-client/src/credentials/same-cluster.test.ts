import type { Cluster } from '@kubernetes/client-node'
import { expect, it } from 'vitest'
import { isSameCluster } from './same-cluster.ts'

const cluster: Cluster = { name: 'here', server: 'https://here:6443', caData: 'CA', skipTLSVerify: false }

it.each<[string, boolean, Partial<Cluster>]>([
  ['another address', false, { server: 'https://other:6443' }],
  ['another port', false, { server: 'https://here:6444' }],
  ['another path, as of a gateway to many clusters', false, { server: 'https://here:6443/k8s/clusters/c-2' }],
  ['another CA behind another proxy', false, { caData: 'OTHER', proxyUrl: 'http://proxy:3128' }],
  ['another CA for another server name', false, { caData: 'OTHER', tlsServerName: 'kube' }],
  ['no verification behind another proxy', false, { skipTLSVerify: true, proxyUrl: 'http://proxy:3128' }],
  ['the address in another form', true, { server: 'https://HERE:6443/' }],
  ['another name', true, { name: 'there' }],
  ['a rotated CA', true, { caData: 'OTHER' }],
  ['a CA file', true, { caData: '', caFile: '/ca.pem' }],
  ['a new proxy', true, { proxyUrl: 'http://proxy:3128' }],
  ['a new server name', true, { tlsServerName: 'kube' }],
])('%s: %s', (_what, isSame, change) => {
  expect(isSameCluster(cluster, { ...cluster, ...change })).toBe(isSame)
})
