import { KubeClient, type KubeClientOptions, type WriteFence } from '@ack-secret-manager/k8s-client'
import type { OperatorConfig } from './config/operator-config.ts'
import type { OperatorOptions } from './operator-options.ts'

/** Connections in addition to one per worker: 30 for events, restarts, stores and ClusterExternalSecrets, the rest for lists and template objects. */
const OTHER_CALLS = 48

/**
 * Limit of open watches: 128 each for Secrets and ServiceAccounts of stores and for Secrets and ConfigMaps of templates; four for
 * each of at most 64 namespaces.
 */
const MAX_STREAMS = 1_024

/** A second connection allows another attempt while the first is slow to open. */
const LEASE_CONNECTIONS = 2

/** One each for two lists, a read, and a Lease to clear. */
const MEMBER_CONNECTIONS = 4

/** Opens the API server clients. The pool is sized so that busy workers leave connections for watches, events and statuses. */
export function openKubeClients(
  { concurrency }: Pick<OperatorConfig, 'concurrency'>,
  options: Required<Pick<KubeClientOptions, 'credentials' | 'onRequest'>>,
  fence?: WriteFence,
): Pick<OperatorOptions, 'client' | 'leaseClient' | 'memberClient'> {
  return {
    client: new KubeClient({
      ...options,
      connections: concurrency + OTHER_CALLS,
      maxStreams: MAX_STREAMS,
      ...(fence && { fence }),
    }),
    leaseClient: new KubeClient({ ...options, connections: LEASE_CONNECTIONS }),
    memberClient: new KubeClient({ ...options, connections: MEMBER_CONNECTIONS }),
  }
}
