import type { KubeClient } from '@ack-secret-manager/k8s-client'
import type { BackendPackages } from '@ack-secret-manager/plugin-loader'
import type { Logger } from 'pino'
import type { OperatorConfig } from './config/operator-config.ts'
import type { LeadershipFence } from './leadership-fence.ts'
import type { NamespaceAccess } from './namespace-access.ts'
import type { FaultLog } from './observability/fault-log.ts'
import type { Metrics } from './observability/metrics.ts'

export interface OperatorOptions {
  readonly config: OperatorConfig
  readonly client: KubeClient
  /** Separate connections, because hanging requests must not cost the Lease. */
  readonly leaseClient: KubeClient
  /** Reads the Leases of other replicas. Separate connections, too, because these reads may hang while a renewal is due. */
  readonly memberClient: KubeClient
  /** Blocks the writes of `client` while leadership is not confirmed. */
  readonly fence: LeadershipFence
  readonly log: Logger
  readonly metrics: Metrics
  readonly faults: FaultLog
  /** Environment of the process, which may configure the operator identity. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly backends: BackendPackages
  readonly namespaceAccess: NamespaceAccess
  /** Ends this run as a signal does; the process then runs the operator again with new caches. */
  readonly restart: () => void
}
