import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Course } from './course.ts'
import type { Violation } from './invariants/judge.ts'
import { killAtCall } from './play-faults.ts'
import { converge } from './settle.ts'
import { openStage, type Stage } from './stage.ts'
import { SECRETS } from './world/resources.ts'

/** Of one change: Secrets, statuses, events. */
const CALLS = [1, 2, 3, 4]

describeCluster('a replica that is killed at a call', () => {
  const broken: Violation[] = []
  const onViolation = (violation: Violation): void => void broken.push(violation)
  const course: Course = { signal: new AbortController().signal, tell: () => undefined, onViolation }
  let stage: Stage

  beforeAll(async () => {
    stage = await openStage({ onViolation, replicas: 1, args: ['--leader-elect=false'] })
    await converge(stage, 'the first values', course)
  })
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]()
  })

  it.each([
    ['of the API server, before it gets there', 'api', false],
    ['of the API server, when it is done and nobody has heard', 'api', true],
    ['of KMS, before it gets there', 'kms', false],
    ['of KMS, when it is done and nobody has heard', 'kms', true],
  ] as const)(
    'loses nothing and mixes nothing: a call %s',
    async (_when, place, done) => {
      for (const call of CALLS) {
        const killed = new Promise<void>((resolve) => {
          stage.doors[place].hook = killAtCall(stage.replicas, { call, done }, resolve)
        })
        await stage.world.do({ kind: 'rotate', secret: SECRETS[call % SECRETS.length] ?? 's0' })
        await killed
        stage.doors[place].hook = undefined
        await converge(stage, `call ${call}`, course)
        expect(broken).toEqual([])
      }
    },
    120_000,
  )
})
