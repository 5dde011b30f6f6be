import type { ControlPlane, Progress } from '@ack-secret-manager/control-plane'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import type { SimulatorProcess } from '@ack-secret-manager/testenv'
import type { Running } from '../contenders/running.ts'

/** What the scenarios of one operator share. */
export interface Course {
  /** For progress lines. */
  readonly title: string
  readonly plane: ControlPlane
  readonly simulator: SimulatorProcess
  readonly admin: KubeClient
  /** User of the operator at the API server. */
  readonly user: string
  readonly namespace: string
  readonly resources: number
  readonly secrets: number
  /** Resources for each secret; only the first two scenarios are measured with more than one. */
  readonly users: number
  /** Whether resources become Ready. */
  readonly writesStatus: boolean
  readonly quietMs: number
  /** Time during which KMS answers 503. */
  readonly outageMs: number
  /** Of each wait. */
  readonly deadlineMs: number
  readonly progress: Progress
  /** Starts the operator. */
  readonly start: (kubeconfigPath: string) => Promise<Running>
}
