import { defined } from '@ack-secret-manager/core'
import { labelOf, type LiveExternalSecret } from '@ack-secret-manager/resource-view'
import { GENERATED_PREFIX, type GenerateEntry } from '@ack-secret-manager/resources'
import type { GeneratedView, ResourceDetail } from './views/resource-detail.ts'

/**
 * The generated keys of a resource, and the generators that fail. The status names the generator of a failure, and not its key. Those of
 * an invalid spec are the keys that the Secret has. Pure.
 */
export function generatedKeysOf(resource: LiveExternalSecret): Pick<ResourceDetail, 'generated' | 'failedGenerators'> {
  const { spec, status } = resource
  const entries = new Map(spec?.generate.map((entry) => [entry.name, entry]))
  const values = new Map(status.generated?.map((value) => [value.name, value]))
  return {
    generated: [...new Set([...entries.keys(), ...values.keys()])].map((key): GeneratedView => {
      const { generatedTime, renewalTime, expiryTime } = values.get(key) ?? {}
      return {
        key,
        ...defined({
          ...generatorOf(entries.get(key), resource),
          generatedAt: generatedTime,
          renewsAt: renewalTime,
          expiresAt: expiryTime,
        }),
      }
    }),
    failedGenerators: status.dataSyncResults.flatMap(({ ExternalSecretKey: origin = '', status: is, reason = '' }) =>
      is === 'Failed' && isGenerated(origin)
        ? [{ generator: origin.slice(GENERATED_PREFIX.length), message: reason }]
        : [],
    ),
  }
}

/** Whether a result of the status is that of a generator, and not of a KMS secret. Pure. */
export function isGenerated(origin: string): boolean {
  return origin.startsWith(GENERATED_PREFIX)
}

function generatorOf(
  entry: GenerateEntry | undefined,
  { namespace: home }: LiveExternalSecret,
): { readonly generator?: GeneratedView['generator']; readonly store?: string } {
  if (entry === undefined) return {}
  const { containerRegistry, stsToken } = entry
  const token = containerRegistry ?? stsToken
  if (token === undefined) return { generator: 'password' }
  const { kind, namespace, name } = token.secretStoreRef
  const isCluster = kind === 'ClusterSecretStore'
  return {
    generator: containerRegistry === undefined ? 'stsToken' : 'containerRegistry',
    store: labelOf({
      kind: isCluster ? 'ClusterSecretStore' : 'SecretStore',
      namespace: isCluster ? '' : namespace || home,
      name,
    }),
  }
}
