import type { ApiRequest } from '@ack-secret-manager/control-plane'
import {
  ACCESS_KEY,
  apply,
  collectionPath,
  installCrds,
  leftClusterExternalSecret,
  leftExternalSecret,
  type LeftObject,
  leftSecret,
  leftSpec,
  leftStore,
  upstreamCrds,
  type UpstreamVersion,
} from '@ack-secret-manager/testenv'

/** Secrets of the Go operator, by namespace. */
export const LEFT_SECRETS: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>> = {
  five: { plain: { password: 'one' }, several: { user: 'tom', password: 'one' } },
  six: {
    plain: { password: 'one' },
    'other-name': { password: 'one' },
    templated: { url: 'mysql://tom@db' },
    everywhere: { password: 'one' },
    failing: { password: 'one', gone: 'last value' },
  },
}

const password = leftSpec({ password: 'db' })
const templated = { target: { template: { data: { url: 'mysql://{{ .user }}@db' } } } }
const RESOURCES: Readonly<Record<string, readonly LeftObject[]>> = {
  five: [
    leftExternalSecret('plain', password, 'v0.5'),
    leftExternalSecret('several', leftSpec({ user: 'user', password: 'db' }), 'v0.5'),
  ],
  six: [
    leftExternalSecret('plain', password, 'v0.6'),
    leftExternalSecret('renamed', leftSpec({ password: 'db' }, { target: { name: 'other-name' } }), 'v0.6'),
    leftExternalSecret('templated', leftSpec({ user: 'user' }, templated), 'v0.6'),
    leftExternalSecret('failing', leftSpec({ password: 'db', gone: 'deleted' }), 'v0.6', ['deleted']),
  ],
  hung: [leftExternalSecret('plain', password, 'v0.6')],
}

/** Creates the state that the Go operator leaves: v0.5 in `five`, v0.6 in `six` and `hung`. */
export async function leaveUpstreamState(request: ApiRequest): Promise<void> {
  await installCrds(request, upstreamCrds('v0.5'))
  await leaveIn(request, 'five', 'v0.5')
  await installCrds(request, upstreamCrds('v0.6'))
  await leaveIn(request, 'six', 'v0.6')
  await leaveIn(request, 'hung', 'v0.6')
  await leave(request, leftStore('ClusterSecretStore', 'shared', 'six', 'v0.6'))
  const maker = leftClusterExternalSecret('everywhere', ['six'], password)
  await leave(request, maker)
  const { body } = await request<{ metadata: { uid: string } }>('GET', `${collectionPath(maker, '')}/everywhere`)
  const { apiVersion, kind } = maker
  const ownerReferences = [{ apiVersion, kind, name: 'everywhere', uid: body.metadata.uid, controller: true }]
  const made = leftExternalSecret('everywhere', password, 'v0.6')
  await leave(request, { ...made, metadata: { ...made.metadata, ownerReferences } }, 'six')
}

async function leaveIn(request: ApiRequest, namespace: string, version: UpstreamVersion): Promise<void> {
  await apply(request, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  await leave(request, leftSecret('kms-key', ACCESS_KEY), namespace)
  await leave(request, leftStore('SecretStore', 'kms', namespace, version), namespace)
  for (const resource of RESOURCES[namespace] ?? []) await leave(request, resource, namespace)
  const metadata =
    version === 'v0.5'
      ? { labels: { lastUpdatedAt: '2024-05-01T10.00.00Z' } }
      : { annotations: { 'ack-alibabacloud.com/managed-keys': 'url' } }
  for (const [name, values] of Object.entries(LEFT_SECRETS[namespace] ?? {})) {
    await leave(request, leftSecret(name, values, metadata), namespace)
  }
}

async function leave(request: ApiRequest, object: LeftObject, namespace = ''): Promise<void> {
  await apply(request, object, namespace)
  if (object.status !== undefined) await writeStatus(request, object, namespace)
}

/** Writes a status like the Go operator. @throws Error when the API server stores a different status */
export async function writeStatus(request: ApiRequest, object: LeftObject, namespace: string): Promise<void> {
  const path = `${collectionPath(object, namespace)}/${object.metadata.name}/status?fieldValidation=Strict`
  const { status, body } = await request('PATCH', path, { status: object.status })
  if (status !== 200) throw new Error(`${object.kind} ${object.metadata.name}: HTTP ${status} ${JSON.stringify(body)}`)
}
