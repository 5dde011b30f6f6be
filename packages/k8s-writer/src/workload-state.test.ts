import type { WorkloadRef, WorkloadState } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { type Workload, workloadState } from './workload-state.ts'

type Status = NonNullable<Workload['status']>
type Spec = NonNullable<Workload['spec']>

const progressing = (status: string, reason: string): Status => ({
  observedGeneration: 3,
  replicas: 2,
  updatedReplicas: 2,
  conditions: [
    { type: 'Available', status: 'False' },
    { type: 'Progressing', status, reason },
  ],
})
const counted = (replicas: number, updatedReplicas: number): Status => ({
  observedGeneration: 3,
  replicas,
  updatedReplicas,
})
const OF_REVISIONS: Status = { observedGeneration: 3, currentRevision: 'a', updateRevision: 'b', updatedReplicas: 2 }
const ON_DELETE: Spec = { updateStrategy: { type: 'OnDelete' } }

const ROLLOUTS: readonly [string, WorkloadRef['kind'], Spec, Status, WorkloadState['rollout']][] = [
  ['no controller has seen', 'Deployment', {}, {}, 'finished'],
  [
    'its controller has not seen since it changed',
    'Deployment',
    {},
    { ...progressing('True', 'NewReplicaSetAvailable'), observedGeneration: 2 },
    'progressing',
  ],
  ['replaces its Pods', 'Deployment', {}, progressing('True', 'ReplicaSetUpdated'), 'progressing'],
  [
    'is complete, although its Pods are not available',
    'Deployment',
    {},
    progressing('True', 'NewReplicaSetAvailable'),
    'finished',
  ],
  ['exceeded its deadline', 'Deployment', {}, progressing('False', 'ProgressDeadlineExceeded'), 'failed'],
  ['may create no Pods', 'Deployment', {}, progressing('False', 'ReplicaSetCreateError'), 'failed'],
  ['is paused in a rollout', 'Deployment', { paused: true }, progressing('Unknown', 'DeploymentPaused'), 'finished'],
  ['has no deadline and new Pods only', 'Deployment', { replicas: 2 }, counted(2, 2), 'finished'],
  ['has no deadline and too few new Pods', 'Deployment', { replicas: 2 }, counted(2, 1), 'progressing'],
  ['has no deadline and an old Pod', 'Deployment', { replicas: 2 }, counted(3, 2), 'progressing'],
  ['is complete', 'StatefulSet', {}, { ...OF_REVISIONS, currentRevision: 'b' }, 'finished'],
  ['waits for its Pods', 'StatefulSet', { replicas: 2 }, OF_REVISIONS, 'progressing'],
  [
    'has all Pods above its partition',
    'StatefulSet',
    { replicas: 5, updateStrategy: { rollingUpdate: { partition: 3 } } },
    OF_REVISIONS,
    'finished',
  ],
  [
    'lacks a Pod above its partition',
    'StatefulSet',
    { replicas: 6, updateStrategy: { rollingUpdate: { partition: 3 } } },
    OF_REVISIONS,
    'progressing',
  ],
  ['updates when Pods are deleted', 'StatefulSet', ON_DELETE, OF_REVISIONS, 'finished'],
  [
    'has a new Pod on each node',
    'DaemonSet',
    {},
    { observedGeneration: 3, desiredNumberScheduled: 3, updatedNumberScheduled: 3 },
    'finished',
  ],
  [
    'lacks a new Pod',
    'DaemonSet',
    {},
    { observedGeneration: 3, desiredNumberScheduled: 3, updatedNumberScheduled: 2 },
    'progressing',
  ],
  [
    'updates when Pods are deleted',
    'DaemonSet',
    ON_DELETE,
    { observedGeneration: 3, desiredNumberScheduled: 3 },
    'finished',
  ],
]

const workload = (spec: Spec, status: Status): Workload => ({ metadata: { name: 'web', generation: 3 }, spec, status })

describe('workloadState', () => {
  it.each(ROLLOUTS)('knows the rollout of a workload that %s (%s)', (_what, kind, spec, status, rollout) => {
    expect(workloadState(kind, workload(spec, status)).rollout).toBe(rollout)
  })

  it.each([
    ['2026-11-29T12:00:00Z', Date.parse('2026-11-29T12:00:00Z')],
    ['2026-11-29T20:00:00+08:00', Date.parse('2026-11-29T12:00:00Z')],
    ['yesterday', undefined],
    ['', undefined],
  ])('reads the last restart from %j', (text, restartedAtMs) => {
    const annotations = { 'kubectl.kubernetes.io/restartedAt': text }
    const found = workload({ template: { metadata: { annotations } } }, {})
    expect(workloadState('Deployment', found).restartedAtMs).toBe(restartedAtMs)
  })
})
