import { systemClock } from '@ack-secret-manager/core'
import type { Logger } from 'pino'
import type { OperatorConfig } from './config/operator-config.ts'
import {
  ClusterExternalSecretController,
  type ClusterExternalSecretControllerOptions,
} from './controllers/cluster-external-secret/cluster-external-secret-controller.ts'
import { FailureLog } from './observability/failure-log.ts'

export interface ClusterExternalSecretParts extends Omit<
  ClusterExternalSecretControllerOptions,
  'clock' | 'random' | 'onOperation' | 'onReport'
> {
  readonly config: Pick<OperatorConfig, 'clusterExternalSecrets'>
  readonly log: Logger
}

/** Creates the controller of ClusterExternalSecrets; undefined if it is disabled. */
export function createClusterExternalSecrets({
  config,
  log,
  ...options
}: ClusterExternalSecretParts): ClusterExternalSecretController | undefined {
  if (!config.clusterExternalSecrets) return undefined
  const failures = new FailureLog({
    log,
    clock: systemClock,
    kind: { member: 'resource', many: 'ClusterExternalSecrets' },
  })
  return new ClusterExternalSecretController({
    ...options,
    clock: systemClock,
    random: Math.random,
    onOperation: (resource, namespace, operation) => log.info({ resource, namespace }, `ExternalSecret ${operation}`),
    onReport: (resource, ready) => {
      if (ready === undefined) failures.forget(resource)
      else if (ready.status === 'False') failures.failing(resource, ready.reason, ready.message)
      else if (ready.status === 'True') failures.recovered(resource)
    },
  })
}
