import { SecretSyncError, Sensitive, type TargetRef } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { decodeProvenance } from '@ack-secret-manager/k8s-writer'
import {
  DIGEST_KEY_TYPE,
  MANAGED_BY_LABEL,
  MANAGED_BY_VALUE,
  PROVENANCE_ANNOTATION,
} from '@ack-secret-manager/resources'
import type { SecretData } from '../../push/pushed-value.ts'
import { kubeRequestError } from '../shared/kube-request-error.ts'

interface RawSecret {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>> | null
    readonly annotations?: Readonly<Record<string, string>> | null
  }
  readonly type?: string
  readonly data?: Readonly<Record<string, string>> | null
}

/** The Secret that a PushSecret selects. */
export interface SourceSecret {
  readonly data: SecretData
  /** Names of the ExternalSecrets that have written this data; undefined if the operator does not manage the Secret. */
  readonly writers: readonly string[] | undefined
}

/** Reads the Secret that a PushSecret selects. @throws SecretSyncError `NotFound` | `InvalidSpec` | `WriteDenied` | `Unavailable` */
export async function readSecretData(
  client: Pick<KubeClient, 'get'>,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<SourceSecret> {
  const secret = await read(client, namespace, name, signal)
  if (secret.type === DIGEST_KEY_TYPE) {
    const why = 'spec.selector.name: the digest key of the operator is never pushed; select another Secret'
    throw new SecretSyncError('InvalidSpec', why, { facts: { field: 'spec.selector.name' } })
  }
  const data = Object.entries(secret.data ?? {}).map(
    ([key, text]) => [key, new Sensitive<Uint8Array>(new Uint8Array(Buffer.from(text, 'base64')))] as const,
  )
  return { data: new Map(data), writers: writersOf(secret, { namespace, name }) }
}

function writersOf({ metadata }: RawSecret, target: TargetRef): readonly string[] | undefined {
  if (metadata?.labels?.[MANAGED_BY_LABEL] !== MANAGED_BY_VALUE) return undefined
  const provenance = decodeProvenance(metadata.annotations?.[PROVENANCE_ANNOTATION] ?? '', target)
  return [...(provenance?.records.keys() ?? [])]
}

async function read(
  client: Pick<KubeClient, 'get'>,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<RawSecret> {
  try {
    return await client.get<RawSecret>(`/api/v1/namespaces/${namespace}/secrets/${name}`, { signal })
  } catch (error) {
    if (!isKubeApiError(error, 404)) throw kubeRequestError(error, `Secret ${namespace}/${name}`)
    const message = `Secret ${namespace}/${name} does not exist; KMS keeps its values until it does`
    throw new SecretSyncError('NotFound', message)
  }
}
