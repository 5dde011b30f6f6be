import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { beforeAll, expect, it, vi } from 'vitest'
import { crds } from './crds.ts'
import { kinds } from '../kinds.ts'

type Kind = (typeof kinds)[number]['kind']

interface Condition {
  readonly type: string
  readonly status: string
}

interface ResponseBody {
  readonly message?: string
  readonly details?: { readonly causes?: ReadonlyArray<{ readonly field?: string; readonly message?: string }> }
  readonly status?: { readonly conditions?: readonly Condition[] }
  readonly spec?: unknown
}

type AcceptedRow = readonly [what: string, spec: unknown]
type RefusedRow = readonly [field: string, message: string, spec: unknown]

/** The rows of a table by kind, each with its kind. */
function rowsOf<Row extends readonly unknown[]>(table: Partial<Record<Kind, readonly Row[]>>): [Kind, ...Row][] {
  return Object.entries(table).flatMap(([kind, rows]) => rows.map((row): [Kind, ...Row] => [kind as Kind, ...row]))
}

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

describeCluster('the definitions on a real API server', () => {
  const cluster = useCluster()
  let count = 0

  const trueConditions = async (path: string): Promise<string[]> => {
    const { body } = await cluster.request<ResponseBody>('GET', path)
    return (body.status?.conditions ?? []).filter(({ status }) => status === 'True').map(({ type }) => type)
  }

  const create = async (kind: Kind, spec: unknown, how: 'ask' | 'keep' = 'ask') => {
    count += 1
    const home = kind.startsWith('Cluster') ? '' : `namespaces/${cluster.namespace}/`
    // A dry run, because operators of other test files process every ClusterSecretStore in the cluster.
    const query = `fieldValidation=Strict${how === 'ask' ? '&dryRun=All' : ''}`
    const path = `/apis/alibabacloud.com/v1alpha1/${home}${kind.toLowerCase()}s?${query}`
    const metadata = { name: `${cluster.namespace}-${count}` }
    return cluster.request<ResponseBody>('POST', path, {
      apiVersion: 'alibabacloud.com/v1alpha1',
      kind,
      metadata,
      spec,
    })
  }

  beforeAll(async () => {
    for (const definition of crds()) {
      const path = `${DEFINITIONS}/${definition.metadata.name}`
      // Server-side apply, so that several test files can apply the same CRDs.
      const query = 'fieldManager=ack-secret-manager&force=true&fieldValidation=Strict'
      const contentType = 'application/apply-patch+yaml'
      const { status, body } = await cluster.request<ResponseBody>('PATCH', `${path}?${query}`, definition, {
        contentType,
      })
      if (status >= 300) throw new Error(`${path}: HTTP ${status} ${body.message}`)
      await vi.waitFor(
        async () => {
          if (!(await trueConditions(path)).includes('Established')) throw new Error(`${path}: not yet established`)
          // The CRD may be reported as established before it is enforced.
          const served = await cluster.request('GET', `/apis/alibabacloud.com/v1alpha1/${definition.spec.names.plural}`)
          if (served.status !== 200) throw new Error(`${path}: not yet served`)
        },
        { timeout: 120_000, interval: 50 },
      )
    }
  })

  it('are structural', async () => {
    for (const { metadata } of crds()) {
      const held = await trueConditions(`${DEFINITIONS}/${metadata.name}`)
      expect(held.sort()).toStrictEqual(['Established', 'NamesAccepted'])
    }
  })

  it('accept the examples of the reference pages unchanged', async () => {
    for (const { kind, example } of kinds) {
      const { status, body } = await create(kind, example.spec)
      expect(body.message).toBeUndefined()
      expect(status).toBe(201)
      expect(body.spec).toStrictEqual(example.spec)
    }
  })

  const auth = { accessKey: { name: 'a', key: 'b' }, accessKeySecret: { name: 'a', key: 'c' } }
  const instance = { protocol: 'https', endpoint: 'kst-a' }
  const manyTags = Object.fromEntries(Array.from({ length: 21 }, (_tag, index) => [`t${index}`, 'x']))
  const manyPaths = Array.from({ length: 33 }, (_entry, index) => ({
    key: `k${index}`,
    jmesPath: Array.from({ length: 128 }, (_path, at) => ({ path: 'a', objectAlias: `${index}-${at}` })),
  }))
  const longRegexes = { namespaceRegexes: Array.from({ length: 9 }, () => 'a'.repeat(256)) }
  const clientKey = { clientKeyContent: { name: 'a', key: 'b' }, password: { name: 'a', key: 'c' } }

  const PUSH = { secretStoreRef: { name: 'kms' }, selector: { name: 'web' } }

  // No rule adds up, so that only the operator refuses what exceeds a total.
  const ACCEPTED = {
    ExternalSecret: [
      ['any total of jmesPath in data', { data: manyPaths }],
      ['any total of jmesPath in dataProcess', { dataProcess: manyPaths.map((extract) => ({ extract })) }],
      [
        'empty texts',
        {
          provider: '',
          type: '',
          rotationInterval: '',
          target: { name: '', immutable: false },
          restart: [],
          data: [
            {
              key: 'a',
              name: '',
              versionId: '',
              kmsEndpoint: '',
              secretStoreRef: { name: 's', namespace: '', kind: '' },
            },
          ],
        },
      ],
      ['nulls', { rotationInterval: null, target: null, data: [{ key: 'a', name: null }] }],
      [
        'an extract',
        {
          dataProcess: [
            {
              extract: { key: 'app/a', jmesPath: [{ path: 'a[0]', objectAlias: 'a/0' }] },
              replaceRule: [{ source: '/', target: '' }],
            },
          ],
        },
      ],
      ['a name that means nothing', { data: [{ key: 'app/a', name: 'app/a', jmesPath: [{ path: 'b' }] }] }],
      [
        'templates',
        {
          data: [{ key: 'app/a' }],
          target: {
            template: {
              data: { a: '{{ index . "app/a" }}' },
              templateFrom: [
                { configMap: { name: 'a', items: [{ key: 'b', templateAs: 'KeysAndValues' }] }, target: 'Labels' },
                { secret: { name: 'a', items: [{ key: 'b', templateAs: '' }] }, target: '', literal: '' },
                { literal: 'x', target: 'Annotations' },
              ],
              metadata: { labels: { a: 'b' }, annotations: { 'example.com/a': '{{ .b }}' } },
              type: '',
              mergePolicy: '',
            },
          },
        },
      ],
      ['parameters of OOS', { provider: 'oos', data: [{ key: 'a' }] }],
      ['a ClusterSecretStore', { data: [{ key: 'a', secretStoreRef: { name: 's', kind: 'ClusterSecretStore' } }] }],
    ],
    SecretStore: [
      ['the operator identity', { KMS: {} }],
      [
        'empty texts',
        { KMS: { region: '', endpoint: '', KMSAuth: { ramRoleARN: '', remoteRamRoleArn: '' } }, allow: [] },
      ],
      [
        'more empty texts',
        { KMS: { KMSAuth: { ...auth, oidcProviderARN: '', oidcTokenFilePath: '', roleSessionExpiration: '' } } },
      ],
      [
        'a chain of roles',
        {
          KMS: {
            KMSAuth: { ...auth, ramRoleARN: 'acs:ram::1:role/a', remoteRamRoleArn: 'acs:ram::2:role/b' },
          },
        },
      ],
      ['limits', { KMS: {}, maxSecretsPerNamespace: 1, maxReadsPerSecond: 10_000 }],
      [
        'endpoints of allow',
        { KMS: {}, allow: [{ secrets: ['a'], endpoints: ['kms.*.aliyuncs.com', 'kms.example.com:8443', '10.0.0.7'] }] },
      ],
      ['any total of regular expressions', { KMS: {}, conditions: [longRegexes, longRegexes] }],
      ['the worker role', { KMS: { KMSAuth: { workerRole: {} } } }],
      [
        'a worker role by its name',
        { KMS: { KMSAuth: { workerRole: { roleName: 'KubernetesWorkerRole-1', allowMetadataV1: true } } } },
      ],
      [
        'external ids',
        {
          KMS: {
            KMSAuth: {
              ...auth,
              ramRoleARN: 'acs:ram::1:role/a',
              ramRoleExternalId: 'mine',
              remoteRamRoleArn: 'acs:ram::2:role/b',
              remoteRamRoleExternalId: 'theirs',
            },
          },
        },
      ],
      ['empty external ids', { KMS: { KMSAuth: { ...auth, ramRoleExternalId: '', remoteRamRoleExternalId: '' } } }],
      ['a client key', { KMS: { dedicatedKMSAuth: { ...instance, ...clientKey } } }],
      ['a RAM identity at an instance', { KMS: { KMSAuth: {}, dedicatedKMSAuth: instance } }],
      ['OOS', { OOS: {} }],
      ['a plugin', { plugin: { package: '@a/b', config: { any: ['thing', { at: 1 }] } } }],
    ],
    ClusterSecretStore: [['the operator identity', { KMS: {} }]],
    ClusterExternalSecret: [
      [
        'any total of regular expressions',
        { externalSecretSpec: { data: [{ key: 'a' }] }, conditions: [{ namespaces: ['a'] }, longRegexes, longRegexes] },
      ],
      ['every namespace', { externalSecretSpec: { data: [{ key: 'a' }] } }],
      [
        'empty texts',
        {
          externalSecretSpec: { data: [{ key: 'a', name: '' }], provider: '' },
          externalSecretName: '',
          rotationInterval: '',
          externalSecretMetadata: {},
          namespaceSelectors: [],
          conditions: [],
        },
      ],
    ],
    PushSecret: [
      [
        'templates and every policy',
        {
          ...PUSH,
          data: [{ key: 'shop/{{ .name }}', secretKey: 'a', versionStages: ['x-{{ .namespace }}'] }],
          updatePolicy: 'IfNotExists',
          deletionPolicy: 'Delete',
          recoveryWindowInDays: 7,
          refreshInterval: '1m',
        },
      ],
      ['an empty interval', { ...PUSH, data: [{ key: 'a' }], refreshInterval: '' }],
    ],
  } satisfies Partial<Record<Kind, AcceptedRow[]>>

  it.each(rowsOf<AcceptedRow>(ACCEPTED))('let %s pass: %s', async (kind, _what, spec) => {
    const { status, body } = await create(kind, spec)
    expect(body.message).toBeUndefined()
    expect(status).toBe(201)
  })

  const entry = { key: 'a' }
  const secret = { name: 'a', items: [{ key: 'b' }] }
  const REFUSED = {
    ExternalSecret: [
      ['spec.data[0].key', 'should match', { data: [{ key: 'a\nb', name: 'b' }] }],
      ['spec.data[0].key', 'should match', { data: [{ key: '\u001b[2Ja' }] }],
      ['spec.data[0].versionId', 'should match', { data: [{ key: 'a', versionId: 'v\u2028' }] }],
      ['spec.data[0].versionStage', 'should match', { data: [{ key: 'a', versionStage: '\u009b' }] }],
      [
        'spec.data[0].jmesPath[0].path',
        'should match',
        { data: [{ key: 'a', jmesPath: [{ path: 'a\nb', objectAlias: 'b' }] }] },
      ],
      [
        'spec.dataProcess[0].extract.jmesPath[0].objectAlias',
        'should match',
        { dataProcess: [{ extract: { key: 'a', jmesPath: [{ path: 'a', objectAlias: 'b\nc' }] } }] },
      ],
      [
        'spec.target.template.templateFrom[0]',
        'expected exactly one of configMap, secret and literal',
        { data: [entry], target: { template: { templateFrom: [{ literal: 'a', secret }] } } },
      ],
      [
        'spec.target.template.templateFrom[0]',
        'expected exactly one of configMap, secret and literal',
        { data: [entry], target: { template: { templateFrom: [{ literal: '' }] } } },
      ],
      [
        'spec.target.template.templateFrom[0].secret.items',
        'should have at least 1 items',
        { data: [entry], target: { template: { templateFrom: [{ secret: { name: 'a', items: [] } }] } } },
      ],
      [
        'spec.target.template.mergePolicy',
        'Unsupported value',
        { data: [entry], target: { template: { mergePolicy: 'Overwrite' } } },
      ],
      [
        'spec.target.template.data',
        'Too many',
        {
          data: [entry],
          target: { template: { data: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [i, 'a'])) } },
        },
      ],
      [
        'spec.target.immutable',
        'cannot be true with creationPolicy Merge',
        { data: [entry], target: { immutable: true, creationPolicy: 'Merge' } },
      ],
      [
        'spec.generate[0]',
        'expected exactly one of password, containerRegistry, stsToken',
        { generate: [{ name: 'a' }] },
      ],
      [
        'spec.generate[0].containerRegistry.instances[0].id',
        'should match',
        {
          generate: [
            {
              name: 'a',
              containerRegistry: { secretStoreRef: { name: 'r' }, instances: [{ id: 'x', registries: ['r.cn'] }] },
            },
          ],
        },
      ],
      [
        'spec.generate[0].password.length',
        'greater than or equal to 8',
        { generate: [{ name: 'a', password: { length: 7 } }] },
      ],
      [
        'spec.generate[0].password.classes[0]',
        'Unsupported value',
        { generate: [{ name: 'a', password: { classes: ['Any'] } }] },
      ],
      [
        'spec.generate[0].password.alphabet',
        'should match',
        { generate: [{ name: 'a', password: { alphabet: 'abc' } }] },
      ],
      [
        'spec.generate[0].password.rotationInterval',
        'expected at least 1h',
        { generate: [{ name: 'a', password: { rotationInterval: '1m' } }] },
      ],
      ['spec.restart[0].kind', 'Unsupported value', { data: [entry], restart: [{ kind: 'Job', name: 'web' }] }],
      [
        'spec.restart[0].minInterval',
        'expected at least 1s',
        { data: [entry], restart: [{ kind: 'Deployment', name: 'web', minInterval: '1ms' }] },
      ],
      [
        'spec.restart[0].minInterval',
        'expected at most 8760h',
        { data: [entry], restart: [{ kind: 'Deployment', name: 'web', minInterval: '9000h' }] },
      ],
      [
        'spec.restart[0].window.cron',
        'should match',
        { data: [entry], restart: [{ kind: 'Deployment', name: 'web', window: { cron: '@daily', duration: '1h' } }] },
      ],
      [
        'spec.restart[0].window.timeZone',
        'should match',
        {
          data: [entry],
          restart: [
            { kind: 'Deployment', name: 'web', window: { cron: '0 2 * * *', duration: '1h', timeZone: '+08:00' } },
          ],
        },
      ],
      [
        'spec.restart[0].window.duration',
        'expected at least 1m',
        {
          data: [entry],
          restart: [{ kind: 'Deployment', name: 'web', window: { cron: '0 2 * * *', duration: '59s' } }],
        },
      ],
      [
        'spec.restart[0].window.duration',
        'expected at most 168h',
        {
          data: [entry],
          restart: [{ kind: 'Deployment', name: 'web', window: { cron: '0 2 * * *', duration: '169h' } }],
        },
      ],
      ['spec.provider', 'Unsupported value', { provider: 'vault', data: [entry] }],
      ['spec', 'expected at least one entry in data, dataProcess, dataFrom or generate', {}],
      ['spec', 'expected at least one entry in data, dataProcess, dataFrom or generate', { dataFrom: [] }],
      ['spec.dataFrom[0].find', 'expected at least one of name, path and tags', { dataFrom: [{ find: {} }] }],
      [
        'spec.dataFrom[0].find',
        'expected at least one of name, path and tags',
        { dataFrom: [{ find: { tags: {}, path: '' } }] },
      ],
      [
        'spec.dataFrom[0].find.name',
        'expected exactly one of regexp and prefix',
        { dataFrom: [{ find: { name: { regexp: 'a', prefix: 'b' } } }] },
      ],
      [
        'spec.dataFrom[0].find.name',
        'expected exactly one of regexp and prefix',
        { dataFrom: [{ find: { name: { regexp: '' } } }] },
      ],
      [
        'spec.dataFrom[0].find.maxSecrets',
        'should be less than or equal to 500',
        { dataFrom: [{ find: { path: 'a', maxSecrets: 501 } }] },
      ],
      ['spec.dataFrom[0].find.tags', 'must have at most 20 items', { dataFrom: [{ find: { tags: manyTags } }] }],
      [
        'spec.data',
        'expected a name, or a key without one, to be a key of a Secret: letters, digits, "-", "_" and "."',
        { data: [entry, { key: 'app/a' }] },
      ],
      [
        'spec.data',
        'expected a name, or a key without one, to be a key of a Secret: letters, digits, "-", "_" and "."',
        { data: [{ key: 'a', name: 'a b' }] },
      ],
      ['spec.rotationInterval', 'expected at least 1s', { rotationInterval: '10ms', data: [entry] }],
      ['spec.rotationInterval', 'expected at most 8760h', { rotationInterval: '9000h', data: [entry] }],
      ['spec.rotationInterval', 'should match', { rotationInterval: '60', data: [entry] }],
      ['spec.data[0].key', 'Required value', { data: [{ name: 'a' }] }],
    ],
    SecretStore: [
      [
        'spec.KMS.KMSAuth',
        'accessKey and accessKeySecret are required together',
        { KMS: { KMSAuth: { accessKey: { name: 'a', key: 'b' } } } },
      ],
      ['spec', 'KMS, OOS or plugin is required; `KMS: {}` is enough', {}],
      ['spec', 'more than one service', { KMS: {}, OOS: {} }],
      ['spec.KMS.KMSAuth', 'more than one identity', { KMS: { KMSAuth: { ...auth, workerRole: {} } } }],
      [
        'spec.KMS.KMSAuth',
        'more than one identity',
        { KMS: { KMSAuth: { serviceAccountRef: { name: 'a' }, oidcTokenFilePath: '/a' } } },
      ],
      [
        'spec.KMS.KMSAuth.workerRole.roleName',
        'should match',
        { KMS: { KMSAuth: { workerRole: { roleName: 'acs:ram::1:role/a' } } } },
      ],
      ['spec.KMS.KMSAuth', 'ramRoleARN is required', { KMS: { KMSAuth: { oidcTokenFilePath: '/a' } } }],
      [
        'spec.KMS.KMSAuth',
        'another spelling',
        { KMS: { KMSAuth: { remoteRamRoleARN: 'acs:ram::1:role/a', remoteRamRoleArn: 'acs:ram::1:role/a' } } },
      ],
      [
        'spec.KMS.KMSAuth',
        'ramRoleExternalId belongs to',
        { KMS: { KMSAuth: { ramRoleARN: 'acs:ram::1:role/a', ramRoleExternalId: 'mine' } } },
      ],
      [
        'spec.KMS.KMSAuth',
        'remoteRamRoleExternalId belongs to',
        { KMS: { KMSAuth: { ...auth, remoteRamRoleExternalId: 'theirs' } } },
      ],
      [
        'spec.KMS.KMSAuth.roleSessionExpiration',
        'expected 900 to 43200 seconds',
        { KMS: { KMSAuth: { ...auth, roleSessionExpiration: '60' } } },
      ],
      ['spec.KMS.KMSAuth.ramRoleARN', 'should match', { KMS: { KMSAuth: { ...auth, ramRoleARN: 'reader' } } }],
      [
        'spec.KMS',
        'more than one identity',
        { KMS: { KMSAuth: auth, dedicatedKMSAuth: { ...instance, ...clientKey } } },
      ],
      [
        'spec.KMS',
        'more than one endpoint',
        { KMS: { endpoint: 'a', dedicatedKMSAuth: { ...instance, ...clientKey } } },
      ],
      ['spec.KMS', 'clientKeyContent is required', { KMS: { dedicatedKMSAuth: instance } }],
      [
        'spec.KMS.dedicatedKMSAuth',
        'clientKeyContent and password are required together',
        { KMS: { dedicatedKMSAuth: { ...instance, password: clientKey.password } } },
      ],
      ['spec.maxSecretsPerNamespace', 'should be greater than or equal to 1', { KMS: {}, maxSecretsPerNamespace: 0 }],
      ['spec.maxReadsPerSecond', 'should be less than or equal to 10000', { KMS: {}, maxReadsPerSecond: 10_001 }],
      ['spec.allow[0].secrets', 'should have at least 1 items', { KMS: {}, allow: [{ secrets: [] }] }],
      [
        'spec.allow[0].endpoints[1]',
        'should match',
        { KMS: {}, allow: [{ secrets: ['a'], endpoints: ['kms.*.aliyuncs.com', 'a.**'] }] },
      ],
      [
        'spec.allow[0].endpoints',
        'must have at most 32 items',
        { KMS: {}, allow: [{ secrets: ['a'], endpoints: Array.from({ length: 33 }, () => 'kms.example') }] },
      ],
      [
        'spec.conditions[0].namespaceSelector.matchExpressions',
        'In and NotIn take values',
        { KMS: {}, conditions: [{ namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } }] },
      ],
    ],
    PushSecret: [
      ['spec.data', 'Required value', PUSH],
      ['spec.data', 'should have at least 1 items', { ...PUSH, data: [] }],
      [
        'spec.data[0].key',
        'names that begin with acs/ belong to managed secrets',
        { ...PUSH, data: [{ key: 'acs/a' }] },
      ],
      ['spec.data[0].key', 'expected 1 to 192 letters, digits and _/+=.-@', { ...PUSH, data: [{ key: 'a b' }] }],
      ['spec.data[0].secretKey', 'should match', { ...PUSH, data: [{ key: 'a', secretKey: 'a/b' }] }],
      ['spec.refreshInterval', 'expected at least 1m', { ...PUSH, data: [{ key: 'a' }], refreshInterval: '59s' }],
      [
        'spec.recoveryWindowInDays',
        'should be greater than or equal to 7',
        { ...PUSH, data: [{ key: 'a' }], recoveryWindowInDays: 6 },
      ],
      [
        'spec.updatePolicy',
        'supported values: "Replace", "IfNotExists"',
        { ...PUSH, data: [{ key: 'a' }], updatePolicy: 'Always' },
      ],
    ],
    ClusterExternalSecret: [
      ['spec.externalSecretSpec', 'Required value', {}],
      [
        'spec.externalSecretSpec',
        'expected at least one entry in data, dataProcess, dataFrom or generate',
        { externalSecretSpec: {} },
      ],
      [
        'spec.externalSecretSpec.data',
        'expected a name, or a key without one, to be a key of a Secret: letters, digits, "-", "_" and "."',
        { externalSecretSpec: { data: [{ key: 'a', name: 'a b' }] } },
      ],
      [
        'spec.externalSecretMetadata.labels',
        'is set by the operator',
        {
          externalSecretSpec: { data: [entry] },
          externalSecretMetadata: { labels: { 'alibabacloud.com/cluster-external-secret': 'a' } },
        },
      ],
      [
        'spec.namespaceSelectors[0].matchExpressions',
        'In and NotIn take values',
        {
          externalSecretSpec: { data: [entry] },
          namespaceSelectors: [{ matchExpressions: [{ key: 'a', operator: 'NotIn' }] }],
        },
      ],
      [
        'spec.rotationInterval',
        'expected at least 1s',
        { externalSecretSpec: { data: [entry] }, rotationInterval: '1ms' },
      ],
      ['spec.externalSecretName', 'should match', { externalSecretSpec: { data: [entry] }, externalSecretName: 'A' }],
    ],
    ClusterSecretStore: [
      [
        'spec.KMS.KMSAuth.accessKey.namespace',
        'required in a ClusterSecretStore, but missing',
        { KMS: { KMSAuth: auth } },
      ],
      [
        'spec.OOS.OOSAuth.serviceAccountRef.namespace',
        'required in a ClusterSecretStore, but missing',
        { OOS: { OOSAuth: { serviceAccountRef: { name: 'a', namespace: '' } } } },
      ],
    ],
  } satisfies Partial<Record<Kind, RefusedRow[]>>

  it.each(rowsOf<RefusedRow>(REFUSED))('refuse %s at %s: %s', async (kind, field, message, spec) => {
    const { status, body } = await create(kind, spec)
    expect(status).toBe(422)
    const causes = body.details?.causes?.map((cause) => `${cause.field} ${cause.message}`) ?? []
    expect(causes.some((cause) => cause.startsWith(`${field} `) && cause.includes(message))).toBe(true)
  })

  it('refuse an unknown field under strict validation', async () => {
    const { status, body } = await create('ExternalSecret', { data: [{ key: 'a', vresionId: 'b' }] })
    expect(status).toBe(400)
    expect(body.message).toContain('unknown field "spec.data[0].vresionId"')
  })

  it('have a status schema', async () => {
    const { body } = await create('ExternalSecret', { data: [{ key: 'a' }] }, 'keep')
    const name = (body as { metadata: { name: string } }).metadata.name
    const path = `/apis/alibabacloud.com/v1alpha1/namespaces/${cluster.namespace}/externalsecrets/${name}/status`
    const status = {
      observedGeneration: 1,
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Synced',
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00.000Z',
          observedGeneration: 1,
        },
      ],
      dataSyncResults: [
        { ExternalSecretKey: '', status: 'Succeeded', reason: '', synchronizationTime: '2026-01-01T00:00:00.000Z' },
      ],
      secrets: [
        { key: 'a', versionStage: 'ACSCurrent', versionId: 'v1', type: 'Generic', rotation: { automatic: false } },
      ],
      target: { name: 'web', uid: 'u', keyCount: 1 },
    }
    const contentType = 'application/merge-patch+json'
    const patched = await cluster.request<ResponseBody>(
      'PATCH',
      `${path}?fieldValidation=Strict`,
      { status },
      { contentType },
    )
    expect(patched.body.message).toBeUndefined()
    expect(patched.body.status).toStrictEqual(status)
  })
})
