import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { beforeAll, expect, it, vi } from 'vitest'
import { crds } from './crds.ts'
import { kinds } from './kinds.ts'

interface Condition {
  readonly type: string
  readonly status: string
}

interface Answer {
  readonly message?: string
  readonly details?: { readonly causes?: ReadonlyArray<{ readonly field?: string; readonly message?: string }> }
  readonly status?: { readonly conditions?: readonly Condition[] }
  readonly spec?: unknown
}

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

describeCluster('the definitions on a real API server', () => {
  const cluster = useCluster()
  let count = 0

  const trueConditions = async (path: string): Promise<string[]> => {
    const { body } = await cluster.request<Answer>('GET', path)
    return (body.status?.conditions ?? []).filter(({ status }) => status === 'True').map(({ type }) => type)
  }

  const create = (kind: 'ExternalSecret' | 'SecretStore', spec: unknown) => {
    count += 1
    const plural = kind === 'ExternalSecret' ? 'externalsecrets' : 'secretstores'
    const path = `/apis/alibabacloud.com/v1alpha1/namespaces/${cluster.namespace}/${plural}?fieldValidation=Strict`
    const metadata = { name: `test-${count}` }
    return cluster.request<Answer>('POST', path, { apiVersion: 'alibabacloud.com/v1alpha1', kind, metadata, spec })
  }

  beforeAll(async () => {
    for (const definition of crds()) {
      const path = `${DEFINITIONS}/${definition.metadata.name}`
      // Server-side apply, so that several test files can bring the same definitions.
      const query = 'fieldManager=ack-secret-manager&force=true&fieldValidation=Strict'
      const contentType = 'application/apply-patch+yaml'
      const { status, body } = await cluster.request<Answer>('PATCH', `${path}?${query}`, definition, { contentType })
      if (status >= 300) throw new Error(`${path}: HTTP ${status} ${body.message}`)
      await vi.waitFor(
        async () => {
          if (!(await trueConditions(path)).includes('Established')) throw new Error(`${path}: not yet established`)
        },
        { timeout: 20_000, interval: 50 },
      )
    }
  })

  it('are structural', async () => {
    for (const { metadata } of crds()) {
      const held = await trueConditions(`${DEFINITIONS}/${metadata.name}`)
      expect(held.sort()).toStrictEqual(['Established', 'NamesAccepted'])
    }
  })

  it('take the examples of the reference pages, and leave them as they are', async () => {
    for (const { kind, example } of kinds) {
      const { status, body } = await create(kind, example.spec)
      expect(body.message).toBeUndefined()
      expect(status).toBe(201)
      expect(body.spec).toStrictEqual(example.spec)
    }
  })

  it.each<['ExternalSecret' | 'SecretStore', string, unknown]>([
    [
      'ExternalSecret',
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
    ['ExternalSecret', 'nulls', { rotationInterval: null, target: null, data: [{ key: 'a', name: null }] }],
    [
      'ExternalSecret',
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
    [
      'ExternalSecret',
      'a name that means nothing',
      { data: [{ key: 'app/a', name: 'app/a', jmesPath: [{ path: 'b' }] }] },
    ],
    ['SecretStore', 'the operator’s own identity', { KMS: {} }],
    [
      'SecretStore',
      'empty texts',
      { KMS: { region: '', endpoint: '', KMSAuth: { ramRoleARN: '', remoteRamRoleArn: '' } }, allow: [] },
    ],
  ])('let %s pass: %s', async (kind, _what, spec) => {
    const { status, body } = await create(kind, spec)
    expect(body.message).toBeUndefined()
    expect(status).toBe(201)
  })

  const entry = { key: 'a' }
  it.each<['ExternalSecret' | 'SecretStore', string, string, unknown]>([
    [
      'ExternalSecret',
      'spec.target.template',
      'spec.target.template is not supported yet',
      { data: [entry], target: { template: { data: { a: 'b' } } } },
    ],
    [
      'ExternalSecret',
      'spec.target.immutable',
      'spec.target.immutable is not supported yet',
      { data: [entry], target: { immutable: true } },
    ],
    [
      'ExternalSecret',
      'spec.restart',
      'spec.restart is not supported yet',
      { data: [entry], restart: [{ kind: 'Deployment', name: 'web' }] },
    ],
    [
      'ExternalSecret',
      'spec.provider',
      'spec.provider: "oos" is not supported yet',
      { provider: 'oos', data: [entry] },
    ],
    [
      'ExternalSecret',
      'spec.data[0].secretStoreRef.kind',
      'spec.data[].secretStoreRef.kind: "ClusterSecretStore" is not supported yet',
      { data: [{ ...entry, secretStoreRef: { name: 's', kind: 'ClusterSecretStore' } }] },
    ],
    ['ExternalSecret', 'spec', 'expected at least one entry in data or dataProcess', {}],
    [
      'ExternalSecret',
      'spec.data[1].key',
      'cannot be a key of a Secret; set name',
      { data: [entry, { key: 'app/a' }] },
    ],
    [
      'ExternalSecret',
      'spec.data[0].name',
      'expected a key of a Secret: letters, digits, "-", "_" and "."',
      { data: [{ key: 'a', name: 'a b' }] },
    ],
    ['ExternalSecret', 'spec.rotationInterval', 'expected at least 1s', { rotationInterval: '10ms', data: [entry] }],
    ['ExternalSecret', 'spec.rotationInterval', 'expected at most 8760h', { rotationInterval: '9000h', data: [entry] }],
    ['ExternalSecret', 'spec.rotationInterval', 'should match', { rotationInterval: '60', data: [entry] }],
    ['ExternalSecret', 'spec.data[0].key', 'Required value', { data: [{ name: 'a' }] }],
    ['SecretStore', 'spec.OOS', 'spec.OOS is not supported yet', { OOS: {} }],
    [
      'SecretStore',
      'spec.KMS.dedicatedKMSAuth',
      'spec.KMS.dedicatedKMSAuth is not supported yet',
      { KMS: { dedicatedKMSAuth: { protocol: 'https' } } },
    ],
    [
      'SecretStore',
      'spec.KMS.KMSAuth.ramRoleARN',
      'spec.KMS.KMSAuth.ramRoleARN is not supported yet',
      { KMS: { KMSAuth: { ramRoleARN: 'acs:ram::1:role/a' } } },
    ],
    [
      'SecretStore',
      'spec.KMS.KMSAuth.workerRole',
      'spec.KMS.KMSAuth.workerRole is not supported yet',
      { KMS: { KMSAuth: { workerRole: {} } } },
    ],
    [
      'SecretStore',
      'spec.KMS.KMSAuth',
      'accessKey and accessKeySecret are required together',
      { KMS: { KMSAuth: { accessKey: { name: 'a', key: 'b' } } } },
    ],
    ['SecretStore', 'spec', 'KMS is required; `KMS: {}` will do', {}],
  ])('refuse %s at %s: %s', async (kind, field, message, spec) => {
    const { status, body } = await create(kind, spec)
    expect(status).toBe(422)
    const causes = body.details?.causes?.map((cause) => `${cause.field} ${cause.message}`) ?? []
    expect(causes.some((cause) => cause.startsWith(`${field} `) && cause.includes(message))).toBe(true)
  })

  it('refuse a field that nobody knows under strict validation', async () => {
    const { status, body } = await create('ExternalSecret', { data: [{ key: 'a', vresionId: 'b' }] })
    expect(status).toBe(400)
    expect(body.message).toContain('unknown field "spec.data[0].vresionId"')
  })

  it('have a status of its own', async () => {
    const { body } = await create('ExternalSecret', { data: [{ key: 'a' }] })
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
    const patched = await cluster.request<Answer>(
      'PATCH',
      `${path}?fieldValidation=Strict`,
      { status },
      { contentType },
    )
    expect(patched.body.message).toBeUndefined()
    expect(patched.body.status).toStrictEqual(status)
  })
})
