import type { Progress } from '@ack-secret-manager/control-plane'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import {
  type AuditedRequest,
  countRequests,
  type OperatorProcess,
  type SimulatorProcess,
} from '@ack-secret-manager/testenv'
import type { FirstSyncFigures } from './figures.ts'
import type { Meter } from './meter.ts'
import type { Seen } from './watches.ts'

/** Shared by the measurements. */
export interface Setting {
  readonly simulator: SimulatorProcess
  readonly admin: KubeClient
  readonly namespace: string
  readonly resources: number
  readonly secrets: number
  readonly intervalMs: number
  readonly progress: Progress
}

/** An operator that was just started, and its watches. */
export interface Started {
  readonly operator: OperatorProcess
  /** Wall-clock milliseconds. */
  readonly startedMs: number
  readonly ready: Seen
  readonly written: Seen
  /** Meter without a reading so far. */
  readonly meter: Meter
}

const START_DEADLINE_MS = 120_000

/** Waits until all resources are Ready and nothing is written any more. */
export async function measureFirstSync(
  { resources }: Pick<Setting, 'resources'>,
  { operator, startedMs, ready, written, meter }: Started,
): Promise<Omit<FirstSyncFigures, 'ratio'>> {
  const leadingMs = await leadingSince(operator)
  const writtenMs = await written.all()
  const doneMs = await ready.all()
  await meter.settled()
  const { requests, ...usage } = await meter.read()
  return {
    startSeconds: (leadingMs - startedMs) / 1_000,
    secretsSeconds: (writtenMs - leadingMs) / 1_000,
    seconds: (doneMs - leadingMs) / 1_000,
    requests: countRequests(requests),
    writesPerResource: requests.filter(isResourceWrite).length / resources,
    ...usage,
  }
}

/** Wall-clock milliseconds at which it became leader, according to its log. */
async function leadingSince(operator: OperatorProcess): Promise<number> {
  return operator.program.line((line) => {
    if (!line.includes('"message":"Leading"')) return undefined
    return Date.parse((JSON.parse(line) as { time: string }).time)
  }, START_DEADLINE_MS)
}

/** Writes for each resource, without its event. */
export function isResourceWrite({ verb, resource }: AuditedRequest): boolean {
  return ['create', 'update', 'patch', 'delete'].includes(verb) && resource !== 'events'
}
