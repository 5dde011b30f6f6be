import { systemClock } from '@ack-secret-manager/core'
import type { Logger } from 'pino'
import type { OperatorConfig } from './config/operator-config.ts'
import {
  ClusterExternalSecretController,
  type ClusterExternalSecretControllerOptions,
} from './controllers/cluster-external-secret/cluster-external-secret-controller.ts'

export interface ClusterExternalSecretParts extends Omit<
  ClusterExternalSecretControllerOptions,
  'clock' | 'random' | 'onOperation'
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
  return new ClusterExternalSecretController({
    ...options,
    clock: systemClock,
    random: Math.random,
    onOperation: (resource, namespace, operation) => log.info({ resource, namespace }, `ExternalSecret ${operation}`),
  })
}
