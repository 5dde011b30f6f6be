import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { CANARY, run } from '../../testing/run.ts'

const API = 'alibabacloud.com/v1alpha1'
const AK = { accessKey: { name: 'ak', key: 'id' }, accessKeySecret: { name: 'ak', key: 'secret' } }
const ROLE = 'acs:ram::1234567890123456:role/reader'
const PROVIDER = 'acs:ram::1234567890123456:oidc-provider/ack-rrsa-demo'
const REF = { secretStoreRef: { name: 'kms' } }

interface Migrated {
  readonly outcome: string
  readonly said: readonly string[]
  readonly manifest: { readonly spec: Record<string, unknown>; readonly metadata: Record<string, unknown> } | undefined
  readonly code: number
}

async function migrate(manifest: object, ...flags: string[]): Promise<Migrated> {
  const { out, code } = await run(['migrate', '-f', '-', '-o', 'json', ...flags], { stdin: stringify(manifest) })
  const { resources, manifests } = JSON.parse(out) as {
    resources: { outcome: string; findings: { effect: string; field: string }[] }[]
    manifests: NonNullable<Migrated['manifest']>[]
  }
  const said = (resources[0]?.findings ?? []).map(({ effect, field }) => `${effect} ${field}`)
  return { outcome: resources[0]?.outcome ?? '', said, manifest: manifests[0], code }
}

const store = (spec: object, kind = 'SecretStore'): object => ({
  apiVersion: API,
  kind,
  metadata: { name: 'kms', ...(kind === 'SecretStore' ? { namespace: 'shop' } : {}) },
  spec,
})
const external = (spec: object, metadata: object = {}): object => ({
  apiVersion: API,
  kind: 'ExternalSecret',
  metadata: { name: 'web', namespace: 'shop', ...metadata },
  spec,
})

describe('a store of the Go operator', () => {
  it.each<[string, object, readonly string[], object]>([
    ['one identity', { KMS: { KMSAuth: AK } }, [], { KMS: { KMSAuth: AK } }],
    ['no identity', { KMS: {} }, ['changed spec'], { KMS: {} }],
    ['empty auth', { OOS: { OOSAuth: {} } }, ['changed spec'], { OOS: { OOSAuth: {} } }],
    [
      'the spelling of the README, which the API server dropped',
      { KMS: { KMSAuth: { ...AK, remoteRamRoleArn: ROLE } } },
      ['changed spec.KMS.KMSAuth.remoteRamRoleArn'],
      { KMS: { KMSAuth: { ...AK, remoteRamRoleARN: ROLE } } },
    ],
    [
      'RRSA before an AccessKey',
      { KMS: { KMSAuth: { ...AK, ramRoleARN: ROLE, oidcProviderARN: PROVIDER } } },
      ['changed spec.KMS.KMSAuth.accessKey', 'changed spec.KMS.KMSAuth.accessKeySecret'],
      { KMS: { KMSAuth: { ramRoleARN: ROLE, oidcProviderARN: PROVIDER } } },
    ],
    [
      'a ServiceAccount before everything, with its provider',
      { OOS: { OOSAuth: { ...AK, serviceAccountRef: { name: 'web' }, oidcProviderARN: PROVIDER, ramRoleARN: ROLE } } },
      [
        'changed spec.OOS.OOSAuth.accessKey',
        'changed spec.OOS.OOSAuth.accessKeySecret',
        'changed spec.OOS.OOSAuth.ramRoleARN',
      ],
      { OOS: { OOSAuth: { serviceAccountRef: { name: 'web' }, oidcProviderARN: PROVIDER, ramRoleARN: ROLE } } },
    ],
    [
      'a provider without a role, which was no identity',
      { KMS: { KMSAuth: { ...AK, oidcProviderARN: PROVIDER } } },
      ['changed spec.KMS.KMSAuth.oidcProviderARN'],
      { KMS: { KMSAuth: AK } },
    ],
    [
      'roles without a session name, which v0.5 did not assume',
      { KMS: { KMSAuth: { ...AK, ramRoleARN: ROLE, remoteRamRoleARN: ROLE } } },
      ['changed spec.KMS.KMSAuth.ramRoleARN', 'changed spec.KMS.KMSAuth.remoteRamRoleARN'],
      { KMS: { KMSAuth: { ...AK, ramRoleARN: ROLE, remoteRamRoleARN: ROLE } } },
    ],
    [
      'roles with a session name',
      {
        KMS: {
          KMSAuth: {
            ...AK,
            ramRoleARN: ROLE,
            ramRoleSessionName: 'web',
            remoteRamRoleARN: ROLE,
            remoteRamRoleSessionName: 'web',
          },
        },
      },
      [],
      {
        KMS: {
          KMSAuth: {
            ...AK,
            ramRoleARN: ROLE,
            ramRoleSessionName: 'web',
            remoteRamRoleARN: ROLE,
            remoteRamRoleSessionName: 'web',
          },
        },
      },
    ],
    [
      'fields that v0.5 ignored',
      {
        OOS: {
          OOSAuth: {
            oidcProviderARN: PROVIDER,
            ramRoleARN: ROLE,
            oidcTokenFilePath: '/var/run/secrets/token',
            roleSessionExpiration: '7200',
          },
        },
      },
      ['changed spec.OOS.OOSAuth.oidcTokenFilePath', 'changed spec.OOS.OOSAuth.roleSessionExpiration'],
      {
        OOS: {
          OOSAuth: {
            oidcProviderARN: PROVIDER,
            ramRoleARN: ROLE,
            oidcTokenFilePath: '/var/run/secrets/token',
            roleSessionExpiration: '7200',
          },
        },
      },
    ],
    [
      'only a role',
      { KMS: { KMSAuth: { ramRoleARN: ROLE } } },
      ['changed spec.KMS.KMSAuth.ramRoleARN'],
      { KMS: { KMSAuth: { ramRoleARN: ROLE } } },
    ],
    [
      'only a role of another account, which the role of the node assumed',
      { KMS: { KMSAuth: { remoteRamRoleARN: ROLE, remoteRamRoleSessionName: 'web' } } },
      ['changed spec.KMS.KMSAuth'],
      { KMS: { KMSAuth: { remoteRamRoleARN: ROLE, remoteRamRoleSessionName: 'web' } } },
    ],
    [
      'a credential of another namespace',
      { KMS: { KMSAuth: { ...AK, accessKey: { ...AK.accessKey, namespace: 'kube-system' } } } },
      ['changed spec.KMS.KMSAuth.accessKey.namespace'],
      { KMS: { KMSAuth: { ...AK, accessKey: { ...AK.accessKey, namespace: 'kube-system' } } } },
    ],
  ])('%s', async (_what, spec, said, expected) => {
    const migrated = await migrate(store(spec))
    expect([migrated.said, migrated.manifest?.spec, migrated.code]).toEqual([said, expected, 0])
  })

  it('of a cluster-scoped store: its references name their namespaces', async () => {
    const namespace = 'kube-system'
    const KMSAuth = { accessKey: { ...AK.accessKey, namespace }, accessKeySecret: { ...AK.accessKeySecret, namespace } }
    expect(await migrate(store({ KMS: { KMSAuth } }, 'ClusterSecretStore'))).toMatchObject({ said: [], code: 0 })
  })
})

describe('conditions of a resource of the Go operator', () => {
  it.each([
    ['ClusterSecretStore', { KMS: { KMSAuth: {} } }],
    ['ClusterExternalSecret', { externalSecretSpec: { data: [{ key: 'a', ...REF }] } }],
  ])('of a %s still match anywhere in the name of a namespace', async (kind, spec) => {
    const conditions = [{ namespaces: ['a'] }, { namespaceRegexes: ['^shop$', 'team-', '^a|b$'] }]
    const { said, manifest } = await migrate(store({ ...spec, conditions }, kind))
    expect(said.filter((line) => line.includes('conditions'))).toEqual([
      'changed spec.conditions[1].namespaceRegexes[1]',
      'changed spec.conditions[1].namespaceRegexes[2]',
    ])
    const converted = [{ namespaces: ['a'] }, { namespaceRegexes: ['^shop$', '.*(?:team-).*', '.*(?:^a|b$).*'] }]
    expect(manifest?.spec).toMatchObject({ conditions: converted })
  })
})

it('says that v0.6.6 matched regular expressions on the whole name of a namespace', async () => {
  const spec = { KMS: { KMSAuth: AK }, conditions: [{ namespaceRegexes: ['prod-.*'] }] }
  const { out } = await run(['migrate', '-f', '-', '-o', 'json'], {
    stdin: stringify(store(spec, 'ClusterSecretStore')),
  })
  expect(out).toContain('with v0.6.6 write the former one back: converted, it admits more namespaces')
})

describe('an ExternalSecret of the Go operator', () => {
  it.each<[string, object, readonly string[]]>([
    ['a whole value', { data: [{ key: 'a', ...REF }] }, []],
    [
      'paths',
      { data: [{ key: 'a', jmesPath: [{ path: 'x', objectAlias: 'y' }], ...REF }] },
      ['changed spec.data[0].jmesPath', 'changed spec.data[0].jmesPath'],
    ],
    [
      'paths that may have no match',
      { data: [{ key: 'a', jmesPath: [{ path: 'x', objectAlias: 'y' }], optional: true, ...REF }] },
      ['changed spec.data[0].jmesPath'],
    ],
    [
      'a document, and rules',
      { dataProcess: [{ extract: { key: 'a', ...REF }, replaceRule: [{ source: 'a', target: 'b' }] }] },
      ['changed spec.dataProcess[0].extract', 'changed spec.dataProcess[0].replaceRule'],
    ],
    [
      'paths of a document, which v0.5 ignored',
      { dataProcess: [{ extract: { key: 'a', jmesPath: [{ path: 'x', objectAlias: 'y' }], ...REF } }] },
      [
        'changed spec.dataProcess[0].extract.jmesPath',
        'changed spec.dataProcess[0].extract.jmesPath',
        'changed spec.dataProcess[0].extract',
      ],
    ],
    [
      'a document next to other entries, whose keys it may have too',
      { data: [{ key: 'a', ...REF }], dataProcess: [{ extract: { key: 'b', ...REF } }] },
      ['changed spec.dataProcess[0].extract', 'changed spec.dataProcess'],
    ],
    ['no store', { data: [{ key: 'a' }] }, ['changed spec.data[0].secretStoreRef']],
    [
      'a store of another namespace',
      { data: [{ key: 'a', secretStoreRef: { name: 'kms', namespace: 'other' } }] },
      ['changed spec.data[0].secretStoreRef.namespace'],
    ],
    [
      'a ClusterSecretStore, whose namespace is ignored',
      { data: [{ key: 'a', secretStoreRef: { name: 'kms', namespace: 'other', kind: 'ClusterSecretStore' } }] },
      [],
    ],
    ['an endpoint of Alibaba Cloud', { data: [{ key: 'a', kmsEndpoint: 'kms.cn-beijing.aliyuncs.com', ...REF }] }, []],
    [
      'another endpoint',
      { data: [{ key: 'a', kmsEndpoint: 'kms.example.com', ...REF }] },
      ['changed spec.data[0].kmsEndpoint'],
    ],
    [
      'a template',
      { data: [{ key: 'a', ...REF }], target: { template: { data: { b: '{{ .a | upper }}' } } } },
      ['changed spec.target.template'],
    ],
    [
      'templates in a Secret',
      {
        data: [{ key: 'a', ...REF }],
        target: { template: { templateFrom: [{ secret: { name: 'texts', items: [{ key: 'a' }] } }] } },
      },
      ['changed spec.target.template', 'changed spec.target.template.templateFrom[0].secret'],
    ],
  ])('%s', async (_what, spec, said) => {
    const migrated = await migrate(external(spec))
    expect([migrated.said, migrated.manifest?.spec, migrated.code]).toEqual([said, spec, 0])
  })

  it('says that one template that fails prevents the write of all keys', async () => {
    const spec = { data: [{ key: 'a', ...REF }], target: { template: { data: { b: '{{ index .a "c" }}' } } } }
    const { out } = await run(['migrate', '-f', '-', '-o', 'json'], { stdin: stringify(external(spec)) })
    expect(out).toContain('a template that fails, a missing key, and an invalid label or annotation are errors')
  })

  it('keeps the key that v0.6.7 wrote for an empty objectAlias', async () => {
    const jmesPath = [{ path: 'x', objectAlias: '' }]
    const { said, manifest } = await migrate(
      external({
        data: [{ key: 'a', jmesPath, ...REF }],
        dataProcess: [{ extract: { key: 'b/c', jmesPath, ...REF } }],
      }),
    )
    expect(said).toContain('changed spec.data[0].jmesPath[0].objectAlias')
    expect(said).not.toContain('changed spec.dataProcess[0].extract.jmesPath[0].objectAlias')
    expect(manifest?.spec).toMatchObject({
      data: [{ jmesPath: [{ path: 'x', objectAlias: 'a' }] }],
      dataProcess: [{ extract: { jmesPath } }],
    })
  })

  it('of OOS loses the fields that had no effect there', async () => {
    const fields = { versionId: '1', versionStage: 'ACSPrevious', kmsEndpoint: 'kms.cn-beijing.aliyuncs.com' }
    const spec = (more: object): object => ({
      data: [{ key: 'a', ...more, ...REF }],
      dataProcess: [{ extract: { key: 'b', ...more, ...REF } }],
    })
    const { said, manifest, outcome, code } = await migrate(external({ provider: 'oos', ...spec(fields) }))
    expect([manifest?.spec, outcome, code]).toEqual([{ provider: 'oos', ...spec({}) }, 'converted', 0])
    for (const name of Object.keys(fields)) {
      expect(said).toContain(`changed spec.data[0].${name}`)
      expect(said).toContain(`changed spec.dataProcess[0].extract.${name}`)
    }
    const latest = external({ provider: 'oos', ...spec({ versionId: '', versionStage: 'ACSCurrent' }) })
    expect((await migrate(latest)).said).toEqual(['changed spec.dataProcess[0].extract', 'changed spec.dataProcess'])
    const ofKms = spec({ versionId: '1', versionStage: 'ACSPrevious' })
    expect((await migrate(external(ofKms))).manifest?.spec).toEqual(ofKms)
  })

  it('is suspended if its template calls a function that is not deterministic', async () => {
    const template = {
      data: { made: '{{ uuidv4 }}' },
      metadata: { labels: { at: '{{ now }}' } },
      templateFrom: [{ literal: '{{ randAlpha 3 }}' }],
    }
    const { outcome, said, manifest, code } = await migrate(
      external({ data: [{ key: 'a', ...REF }], target: { template } }),
    )
    expect([outcome, code, manifest?.spec['suspend']]).toEqual(['suspended', 1, true])
    expect(said).toEqual([
      'changed spec.target.template',
      'suspended spec.target.template.data["made"]',
      'suspended spec.target.template.metadata.labels["at"]',
      'suspended spec.target.template.templateFrom[0].literal',
    ])
  })

  it('reports unknown fields and invalid values', async () => {
    const spec = { size: 3, data: [{ key: 'a', nmae: 'b', ...REF }] }
    expect(await migrate(external(spec))).toMatchObject({
      outcome: 'converted',
      said: ['left-out spec.data[0].nmae', 'left-out spec.size'],
      manifest: { spec: { data: [{ key: 'a', ...REF }] } },
      code: 1,
    })
    expect(await migrate(external({ ...spec, rotationInterval: '0s' }))).toMatchObject({
      outcome: 'not-converted',
      said: ['left-out spec.data[0].nmae', 'left-out spec.size', 'not-converted spec.rotationInterval'],
      manifest: undefined,
      code: 1,
    })
  })

  it('drops fields of the API server', async () => {
    const metadata = {
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
      creationTimestamp: '2026-01-01T00:00:00Z',
      finalizers: ['finalizer.ack.secrets-manager.alibabacloud.com'],
      generation: 1,
      managedFields: [],
      resourceVersion: '1',
      uid: 'u',
    }
    const spec = { data: [{ key: 'a', ...REF }] }
    const live = { ...external(spec, metadata), status: { dataSyncResults: [{ status: 'Succeeded' }] } }
    const { manifest } = await migrate({ apiVersion: 'v1', kind: 'List', items: [live] })
    expect(manifest).toEqual(external(spec))
    const theirs = external(spec, { finalizers: [...metadata.finalizers, 'example.com/theirs'] })
    expect((await migrate(theirs)).manifest?.metadata['finalizers']).toEqual(['example.com/theirs'])
  })

  it('refuses an ExternalSecret that a ClusterExternalSecret created', async () => {
    const ownerReferences = [{ apiVersion: API, kind: 'ClusterExternalSecret', name: 'all', uid: 'u' }]
    expect(await migrate(external({ data: [{ key: 'a', ...REF }] }, { ownerReferences }))).toMatchObject({
      outcome: 'not-converted',
      said: ['not-converted metadata.ownerReferences'],
    })
  })
})

describe('--adopt', () => {
  it.each<[string, object, string]>([
    ['no annotations', {}, 'alibabacloud.com/adopt'],
    ['annotations', { annotations: { 'example.com/a': 'b' } }, 'example.com/a,alibabacloud.com/adopt'],
    ['empty annotations', { annotations: null }, 'alibabacloud.com/adopt'],
  ])('requests adoption with %s', async (_what, metadata, names) => {
    const { manifest } = await migrate(external({ data: [{ key: 'a', ...REF }] }, metadata), '--adopt')
    const annotations = manifest?.metadata['annotations'] as Record<string, string>
    expect([Object.keys(annotations).join(), annotations['alibabacloud.com/adopt']]).toEqual([names, 'true'])
  })

  it('writes plain YAML, also for lists of `kubectl get -o yaml`', async () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [external({ data: [{ key: 'a' }] })] }
    const { out } = await run(['migrate', '-f', '-', '--adopt'], { stdin: stringify(list) })
    expect(out).toContain(`metadata:
  name: web
  namespace: shop
  annotations:
    alibabacloud.com/adopt: "true"
spec:
`)
  })

  it('adopts all ExternalSecrets of a ClusterExternalSecret, and ignores stores', async () => {
    const spec = { conditions: [{ namespaces: ['shop'] }], externalSecretSpec: { data: [{ key: 'a', ...REF }] } }
    const all = { apiVersion: API, kind: 'ClusterExternalSecret', metadata: { name: 'all' }, spec }
    expect((await migrate(all, '--adopt')).manifest).toMatchObject({
      spec: { externalSecretMetadata: { annotations: { 'alibabacloud.com/adopt': 'true' } } },
    })
    const manifest = store({ KMS: { KMSAuth: AK } })
    expect((await migrate(manifest, '--adopt')).manifest).toEqual(manifest)
  })
})

describe('layout of the manifest', () => {
  it('stays unchanged, with comments, order and layout', async () => {
    const text = `# head
apiVersion: ${API} # which
kind: ExternalSecret
metadata: {name: 'web', namespace: shop}
spec:
  # what
  data:
    - {key: a, secretStoreRef: {name: kms}}
---
# unrelated
apiVersion: v1
kind: Secret
metadata:
  name: other
stringData:
  yes: "${CANARY}" # no
  version: 1.2.3
  separator: "\\u2028"
`
    const { out } = await run(['migrate', '-f', '-'], { stdin: text, mayShow: true })
    expect(out).toBe(
      text
        .replace("{name: 'web', namespace: shop}", "{ name: 'web', namespace: shop }")
        .replace('- {key: a, secretStoreRef: {name: kms}}', '- { key: a, secretStoreRef: { name: kms } }'),
    )
  })

  it('expands aliases, so that a change has no effect elsewhere', async () => {
    const text = `apiVersion: ${API}
kind: ExternalSecret
metadata: {name: web, labels: &l {a: b}, annotations: *l}
spec: {data: [{key: a, secretStoreRef: {name: kms}}]}
`
    const { out } = await run(['migrate', '-f', '-', '--adopt'], { stdin: text })
    expect(parse(out)).toMatchObject({
      metadata: { labels: { a: 'b' }, annotations: { a: 'b', 'alibabacloud.com/adopt': 'true' } },
    })
    expect((parse(out) as { metadata: { labels: object } }).metadata.labels).toEqual({ a: 'b' })
  })
})
