import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { tokenFile } from './data-dir.ts'
import { kubeconfigOf } from './kubeconfig.ts'

const base = { url: 'https://127.0.0.1:6443', caPem: 'CA', user: 'jane' }

it('points to one cluster as one user', () => {
  expect(parse(kubeconfigOf({ ...base, identity: { token: 'sesame' } }))).toEqual({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'control-plane', cluster: { server: base.url, 'certificate-authority-data': btoa('CA') } }],
    users: [{ name: 'jane', user: { token: 'sesame' } }],
    contexts: [{ name: 'control-plane', context: { cluster: 'control-plane', user: 'jane' } }],
    'current-context': 'control-plane',
  })
})

it('contains a client certificate', () => {
  const text = kubeconfigOf({ ...base, identity: { certificatePem: 'CERT', keyPem: 'KEY' } })
  expect(parse(text)).toMatchObject({
    users: [{ user: { 'client-certificate-data': btoa('CERT'), 'client-key-data': btoa('KEY') } }],
  })
})

it('writes a token that looks like a number as a string', () => {
  expect(parse(kubeconfigOf({ ...base, identity: { token: '12345' } }))).toMatchObject({
    users: [{ user: { token: '12345' } }],
  })
})

it('writes the token file in the format of kube-apiserver', () => {
  const users = [
    { name: 'jane', groups: ['dev', 'ops'], token: 'a' },
    { name: 'o"brien', token: 'b' },
  ]
  expect(tokenFile(users)).toBe('"a","jane","jane","dev,ops"\n"b","o""brien","o""brien",""\n')
})
