import type { SecretSyncError } from '@ack-secret-manager/core'
import type { KubeApiError, ReflectorFault } from '@ack-secret-manager/k8s-client'
import type { Logger } from 'pino'
import { factsOf } from './sync-observer.ts'

/** Tells the log of what went wrong while the operator goes on by itself. */
export interface FaultLog {
  readonly onFault: (fault: ReflectorFault) => void
  readonly onError: (error: KubeApiError | SecretSyncError) => void
  readonly onTryAgain: (resource: string, error: SecretSyncError, retryInMs: number) => void
}

/** See {@link FaultLog}. */
export function faultLog(log: Logger): FaultLog {
  return {
    onFault: ({ during, path, error, retryInMs }) =>
      log.warn({ during, path, retryInMs: Math.round(retryInMs) }, error.message),
    onError: (error) => log.warn(error.message),
    onTryAgain: (resource, error, retryInMs) =>
      log.warn({ resource, ...factsOf(error), retryInMs: Math.round(retryInMs) }, error.message),
  }
}
