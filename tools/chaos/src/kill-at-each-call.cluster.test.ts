import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { it } from 'vitest'
import { killAtCall } from './replica-faults.ts'
import { useStage } from './testing/use-stage.ts'
import { SECRETS } from './world/resources.ts'

/** Of one change: Secrets, statuses, events. */
const CALLS = [1, 2, 3, 4]

describeCluster('a replica that is killed at a call', () => {
  const tests = useStage({ replicas: 1, args: ['--leader-elect=false'] })

  it.each([
    ['of the API server, before it gets there', 'api', false],
    ['of the API server, when it is done and nobody has heard', 'api', true],
    ['of KMS, before it gets there', 'kms', false],
    ['of KMS, when it is done and nobody has heard', 'kms', true],
  ] as const)(
    'loses nothing and mixes nothing: a call %s',
    async (_when, place, done) => {
      const { doors, replicas, world } = tests.stage
      for (const call of CALLS) {
        const killed = new Promise<void>((resolve) => {
          doors[place].hook = killAtCall(replicas, { call, done }, resolve)
        })
        await world.do({ kind: 'rotate', secret: SECRETS[call % SECRETS.length] ?? 's0' })
        await killed
        doors[place].hook = undefined
        await tests.settled()
      }
    },
    120_000,
  )
})
