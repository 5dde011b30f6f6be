import type { Cluster } from '@kubernetes/client-node'

/**
 * Whether two entries of a kubeconfig are the same cluster: one address, and the same CA or the same route to that address. A rotation
 * replaces the CA, and a proxy can move. If both differ, a private address may be that of another cluster behind another proxy.
 */
export function isSameCluster(one: Cluster, other: Cluster): boolean {
  const isEqual = (...fields: readonly (keyof Cluster)[]): boolean =>
    fields.every((field) => (one[field] || undefined) === (other[field] || undefined))
  if (addressOf(one) !== addressOf(other)) return false
  return isEqual('caData', 'caFile', 'skipTLSVerify') || isEqual('proxyUrl', 'tlsServerName')
}

/** The address without a trailing slash, the default port, and anything secret. */
export function addressOf({ server }: Pick<Cluster, 'server'>): string {
  const url = URL.parse(server)
  return (url === null ? server : `${url.origin}${url.pathname}`).replace(/\/+$/, '')
}
