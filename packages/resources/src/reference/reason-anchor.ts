/** Kinds with conditions. `SecretStore` means ClusterSecretStore too. */
export type GuidedKind = 'ExternalSecret' | 'SecretStore' | 'ClusterExternalSecret' | 'PushSecret'

/** Prefixes of anchors. The reasons of ExternalSecrets have none, because links to them are the most frequent. */
const PREFIXES: Readonly<Record<GuidedKind, string>> = {
  ExternalSecret: '',
  SecretStore: 'store-',
  ClusterExternalSecret: 'clusterexternalsecret-',
  PushSecret: 'pushsecret-',
}

/** Anchor of a reason on the reference page: `accessdenied`, `store-reachable-unavailable`, `event-adopted`. */
export function reasonAnchor(kind: GuidedKind, condition: string, reason: string): string {
  if (condition === 'Event') return `event-${reason}`.toLowerCase()
  // The reason of a warning is the type of its condition.
  const type = condition === 'Ready' || condition === reason ? '' : `${condition}-`
  return `${PREFIXES[kind]}${type}${reason}`.toLowerCase()
}
