import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { parseSecretStore } from './secret-store.ts'

function read(spec: string) {
  const head = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'SecretStore', metadata: { name: 'kms' } }
  return parseSecretStore({ ...head, spec: parse(spec) as unknown })
}

const accessKey = { name: 'alibaba-credentials', namespace: 'kube-system', key: 'ak' }
const accessKeySecret = { name: 'alibaba-credentials', namespace: 'kube-system', key: 'sk' }

describe('a store that is as it should be', () => {
  it.each<[string, string, object]>([
    ['the operator’s own identity', 'KMS: {}', { KMS: {} }],
    ['auth that says nothing', 'KMS: {KMSAuth: {}}', { KMS: {} }],
    [
      'an access key',
      `KMS: {KMSAuth: ${JSON.stringify({ accessKey, accessKeySecret })}}`,
      { KMS: { KMSAuth: { accessKey, accessKeySecret } } },
    ],
    [
      'an access key of the same namespace',
      'KMS: {KMSAuth: {accessKey: {name: c, key: ak, namespace: ""}, accessKeySecret: {name: c, key: sk}}}',
      { KMS: { KMSAuth: { accessKey: { name: 'c', key: 'ak' }, accessKeySecret: { name: 'c', key: 'sk' } } } },
    ],
    ['a region', 'KMS: {region: ap-southeast-1}', { KMS: { region: 'ap-southeast-1' } }],
    [
      'an endpoint',
      'KMS: {endpoint: kms.cn-hangzhou.aliyuncs.com}',
      { KMS: { endpoint: 'kms.cn-hangzhou.aliyuncs.com' } },
    ],
    ['a local endpoint', 'KMS: {endpoint: "localhost:4443"}', { KMS: { endpoint: 'localhost:4443' } }],
    [
      'fields that say nothing',
      'KMS: {region: "", endpoint: null, dedicatedKMSAuth: null, KMSAuth: {ramRoleARN: "", remoteRamRoleARN: "", roleSessionExpiration: ""}}\nallow: []\nconditions: []\nOOS: null',
      { KMS: {} },
    ],
  ])('%s', (_what, spec, expected) => expect(read(spec)).toMatchObject({ ok: true, resource: { spec: expected } }))

  it('carries nothing that was not said', () => {
    const result = read('KMS: {KMSAuth: {}, region: ""}')
    expect(result.ok && result.resource.spec).toStrictEqual({ KMS: {} })
  })

  it('cannot be changed', () => {
    const result = read(`KMS: {KMSAuth: ${JSON.stringify({ accessKey, accessKeySecret })}}`)
    const spec = result.ok ? result.resource.spec : undefined
    expect([spec, spec?.KMS, spec?.KMS.KMSAuth, spec?.KMS.KMSAuth?.accessKey].every(Object.isFrozen)).toBe(true)
  })
})

describe('a store that is not', () => {
  it.each<[string, string, string]>([
    ['nothing', '{}', 'spec.KMS: required, but missing; `KMS: {}` will do'],
    ['no spec', 'null', 'spec: required, but missing'],
    ['an empty KMS', 'KMS:', 'spec.KMS: required, but missing; `KMS: {}` will do'],
    ['KMS in lower case', 'kms: {}', 'spec.kms: unknown field; did you mean "KMS"? (and 1 more)'],
    ['KMS that is text', 'KMS: cn-hangzhou', 'spec.KMS: expected an object, got "cn-hangzhou"'],
    ['OOS', 'OOS: {}', 'spec.OOS: not supported yet'],
    ['a plugin', 'plugin: {package: x}', 'spec.plugin: not supported yet'],
    ['an allow list', 'KMS: {}\nallow: [{secrets: ["app/*"]}]', 'spec.allow: not supported yet'],
    ['conditions', 'KMS: {}\nconditions: [{namespaces: [a]}]', 'spec.conditions: not supported yet'],
    ['a client key', 'KMS: {dedicatedKMSAuth: {protocol: https}}', 'spec.KMS.dedicatedKMSAuth: not supported yet'],
    ['a role', 'KMS: {KMSAuth: {ramRoleARN: "acs:ram::1:role/a"}}', 'spec.KMS.KMSAuth.ramRoleARN: not supported yet'],
    [
      'a session name',
      'KMS: {KMSAuth: {ramRoleSessionName: a}}',
      'spec.KMS.KMSAuth.ramRoleSessionName: not supported yet',
    ],
    ['an OIDC provider', 'KMS: {KMSAuth: {oidcProviderARN: a}}', 'spec.KMS.KMSAuth.oidcProviderARN: not supported yet'],
    [
      'a token file',
      'KMS: {KMSAuth: {oidcTokenFilePath: /a}}',
      'spec.KMS.KMSAuth.oidcTokenFilePath: not supported yet',
    ],
    [
      'an expiration',
      'KMS: {KMSAuth: {roleSessionExpiration: "900"}}',
      'spec.KMS.KMSAuth.roleSessionExpiration: not supported yet',
    ],
    ['a remote role', 'KMS: {KMSAuth: {remoteRamRoleARN: a}}', 'spec.KMS.KMSAuth.remoteRamRoleARN: not supported yet'],
    [
      'a remote role in the other spelling',
      'KMS: {KMSAuth: {remoteRamRoleArn: a}}',
      'spec.KMS.KMSAuth.remoteRamRoleArn: not supported yet',
    ],
    [
      'a remote session name',
      'KMS: {KMSAuth: {remoteRamRoleSessionName: a}}',
      'spec.KMS.KMSAuth.remoteRamRoleSessionName: not supported yet',
    ],
    [
      'a ServiceAccount',
      'KMS: {KMSAuth: {serviceAccountRef: {name: a}}}',
      'spec.KMS.KMSAuth.serviceAccountRef: not supported yet',
    ],
    ['the worker role', 'KMS: {KMSAuth: {workerRole: {}}}', 'spec.KMS.KMSAuth.workerRole: not supported yet'],
    [
      'half an access key',
      'KMS: {KMSAuth: {accessKey: {name: c, key: ak}}}',
      'spec.KMS.KMSAuth.accessKeySecret: required together with accessKey, but missing',
    ],
    [
      'the other half',
      'KMS: {KMSAuth: {accessKeySecret: {name: c, key: ak}}}',
      'spec.KMS.KMSAuth.accessKey: required together with accessKeySecret, but missing',
    ],
    [
      'a reference without a key',
      'KMS: {KMSAuth: {accessKey: {name: c}, accessKeySecret: {name: c, key: sk}}}',
      'spec.KMS.KMSAuth.accessKey.key: required, but missing',
    ],
    [
      'a reference with an illegal key',
      'KMS: {KMSAuth: {accessKey: {name: c, key: a/b}, accessKeySecret: {name: c, key: sk}}}',
      'spec.KMS.KMSAuth.accessKey.key: expected a key of a Secret: letters, digits, "-", "_" and ".", got "a/b"',
    ],
    [
      'a credential in the clear',
      'KMS: {KMSAuth: {accessKeyID: x}}',
      'spec.KMS.KMSAuth.accessKeyID: unknown field; did you mean "accessKey"?',
    ],
    [
      'an endpoint with a scheme',
      'KMS: {endpoint: "http://100.100.100.200"}',
      'spec.KMS.endpoint: expected a host or host:port without a scheme, such as kms.cn-hangzhou.aliyuncs.com, got "http://100.100.100.200"',
    ],
    [
      'a region that is none',
      'KMS: {region: "cn_hangzhou"}',
      'spec.KMS.region: expected a region such as cn-hangzhou, got "cn_hangzhou"',
    ],
  ])('%s', (_what, spec, message) => {
    const result = read(spec)
    expect(result.ok || result.error.message).toBe(message)
    expect(result.ok || result.error.facts.field).toBe(message.slice(0, message.indexOf(': ')))
  })
})
