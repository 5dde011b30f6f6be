import {
  API_VERSION,
  parseClusterExternalSecret,
  parseClusterSecretStore,
  parseExternalSecret,
  parsePushSecret,
  parseSecretStore,
  type Problem,
} from '@ack-secret-manager/resources'

const PARSERS: Readonly<
  Record<string, (object: unknown) => { readonly ok: boolean; readonly problems?: readonly Problem[] }>
> = {
  ExternalSecret: (object) => parseExternalSecret(object),
  SecretStore: (object) => parseSecretStore(object),
  ClusterExternalSecret: (object) => parseClusterExternalSecret(object),
  ClusterSecretStore: (object) => parseClusterSecretStore(object),
  PushSecret: (object) => parsePushSecret(object),
}

/** Problems of an object as a resource of this operator. */
export function problemsOf(kind: string, object: unknown): readonly Problem[] {
  const result = PARSERS[kind]?.(object)
  if (result === undefined) return [{ field: 'kind', message: `${API_VERSION} has no kind ${kind}` }]
  return result.problems ?? []
}
