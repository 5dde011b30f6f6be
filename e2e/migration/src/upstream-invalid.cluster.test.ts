import { type ControlPlane, startControlPlane } from '@ack-secret-manager/control-plane'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import {
  apply,
  collectionPath,
  installCrds,
  type LeftObject,
  type OperatorProcess,
  TestEnvironment,
  until,
  UPSTREAM_FINALIZER,
  upstreamCrds,
} from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

const NAMESPACE = 'five'
const DEADLINE_MS = 120_000

const secretStoreRef = { name: 'kms', namespace: NAMESPACE }
const entry = { key: 'db', name: 'password', secretStoreRef }
const extract = { key: 'db', secretStoreRef }
const ref = (key: string): object => ({ name: 'kms-key', namespace: NAMESPACE, key })
const accessKeys = { accessKey: ref('id'), accessKeySecret: ref('secret') }
const path = { path: 'user', objectAlias: 'user' }

/** Specs that the CRDs of the Go operator accept, and ours refuse, by the name of the object. */
const SPECS: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  ExternalSecret: {
    'no-entry': {},
    'other-provider': { provider: 'KMS', data: [entry] },
    'no-name': { data: [{ key: 'app/db', secretStoreRef }] },
    'many-entries': { data: Array.from({ length: 300 }, (_, index) => ({ ...entry, name: `key-${index}` })) },
    'many-paths': { data: [{ ...entry, jmesPath: Array.from({ length: 200 }, () => path) }] },
    'no-key': { data: [{ ...entry, key: '' }] },
    'two-lines': { type: 'one\ntwo', data: [entry] },
    'no-store-name': { data: [{ ...entry, secretStoreRef: { name: '', namespace: '' } }] },
    'no-extract': { dataProcess: [{ replaceRule: [{ source: 'a', target: 'b' }] }] },
    'empty-rule': { dataProcess: [{ extract, replaceRule: [{ source: '', target: '' }] }] },
    'no-duration': { rotationInterval: '1d', data: [entry] },
  },
  SecretStore: {
    'several-identities': {
      KMS: {
        KMSAuth: { ...accessKeys, oidcProviderARN: 'acs:ram::1:oidc-provider/a', ramRoleARN: 'acs:ram::1:role/a' },
      },
    },
    'half-an-identity': { KMS: { KMSAuth: { accessKey: ref('id') } } },
    'no-arn': { OOS: { OOSAuth: { ramRoleARN: 'reader' } } },
    'relative-path': { KMS: { KMSAuth: { oidcTokenFilePath: 'token' } } },
    'no-seconds': { KMS: { KMSAuth: { ...accessKeys, roleSessionExpiration: '1h' } } },
    'many-seconds': { KMS: { KMSAuth: { ...accessKeys, roleSessionExpiration: '9'.repeat(20) } } },
    'other-protocol': {
      KMS: {
        dedicatedKMSAuth: { protocol: 'http', endpoint: 'https://a', clientKeyContent: ref('id'), password: ref('id') },
      },
    },
  },
}
const OBJECTS = Object.entries(SPECS).flatMap(([kind, specs]) =>
  Object.entries(specs).map(([name, spec]): LeftObject => ({
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind,
    metadata: { name, namespace: NAMESPACE, finalizers: [UPSTREAM_FINALIZER] },
    spec,
  })),
)
const pathOf = (object: LeftObject): string => `${collectionPath(object, NAMESPACE)}/${object.metadata.name}`

interface Found {
  readonly metadata: { readonly finalizers?: readonly string[] }
  readonly status?: { readonly conditions?: readonly { readonly reason: string }[] }
}

interface Events {
  readonly items: readonly {
    readonly reason: string
    readonly regarding: { readonly kind: string; readonly name: string }
  }[]
}

describeCluster('stored resources of the Go operator that the new CRDs refuse', { timeout: 2 * DEADLINE_MS }, () => {
  let plane: ControlPlane
  let env: TestEnvironment

  beforeAll(async () => {
    plane = await startControlPlane({})
    await installCrds(plane.request, upstreamCrds('v0.5'))
    await apply(plane.request, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } })
    for (const object of OBJECTS) await apply(plane.request, object)
    env = await TestEnvironment.start({
      controlPlane: { kubeconfigPath: plane.kubeconfigPath, request: plane.request, namespace: NAMESPACE },
      seed: { secrets: { db: 'one' } },
    })
  })
  afterAll(async () => {
    await env?.[Symbol.asyncDispose]()
    await plane?.[Symbol.asyncDispose]()
  })

  it('stay writable, and say what is wrong', async () => {
    for (const object of OBJECTS) {
      const { status, body } = await plane.request('PATCH', pathOf(object), { metadata: { labels: { seen: 'yes' } } })
      expect([pathOf(object), status, body]).toEqual([pathOf(object), 200, expect.anything()])
    }
    const { program } = await env.leader('--log-level=info')
    const { body: version } = await plane.request<{ minor: string }>('GET', '/version')
    // Older API servers refuse each status of an object that breaks a rule of its CRD.
    const hasStatuses = Number.parseInt(version.minor, 10) >= 33
    for (const object of OBJECTS) {
      await vi.waitFor(
        async () => {
          const { body } = await plane.request<Found>('GET', pathOf(object))
          const reason =
            body.status?.conditions?.[0]?.reason ?? (hasStatuses ? 'none' : await otherReason(object, program))
          expect([pathOf(object), reason]).toEqual([pathOf(object), 'InvalidSpec'])
          expect(body.metadata.finalizers).toBeUndefined()
        },
        { timeout: DEADLINE_MS, interval: 200 },
      )
    }
  })

  /** The reason in the Event of an ExternalSecret, or in the log line of a store. */
  async function otherReason(
    { kind, metadata: { name } }: LeftObject,
    { lines }: OperatorProcess['program'],
  ): Promise<string | undefined> {
    if (kind === 'SecretStore') {
      const line = lines.find((text) => text.includes(`"store":"SecretStore ${NAMESPACE}/${name}"`)) ?? '{}'
      return (JSON.parse(line) as { readonly reason?: string }).reason
    }
    const { body } = await plane.request<Events>('GET', `/apis/events.k8s.io/v1/namespaces/${NAMESPACE}/events`)
    return body.items.find(({ regarding }) => regarding.kind === kind && regarding.name === name)?.reason
  }

  it('are deleted with their namespace', async () => {
    const namespace = `/api/v1/namespaces/${NAMESPACE}`
    await plane.request('DELETE', namespace)
    await until('it is gone', async () => (await plane.request('GET', namespace)).status === 404, {
      deadlineMs: DEADLINE_MS,
    })
  })
})
