import { countRequests, revisionOfMany } from '@ack-secret-manager/testenv'
import type { ChangeFigures } from './figures.ts'
import type { Setting } from './measure-first-sync.ts'
import type { Meter } from './meter.ts'
import { percentilesOf } from './percentiles.ts'
import { watchWrites } from './watches.ts'

/** Changes all values at once and waits for all Secrets. */
export async function measureChange(setting: Setting, meter: Meter): Promise<ChangeFigures> {
  const { simulator, admin, namespace, resources, secrets, progress } = setting
  await using writes = await watchWrites(admin, namespace, resources)
  await meter.read()
  progress.stage('changing all values at once')
  const changedMs = Date.now()
  await simulator.control('PUT', '/secrets', revisionOfMany(secrets, 1))
  await writes.all()
  await meter.settled()
  const { requests, kmsCalls, cpuSeconds, eventLoopDelayP99Ms } = await meter.read()
  return {
    delayMs: percentilesOf([...writes.atMs.values()].map((atMs) => atMs - changedMs)),
    secretsWritten: writes.atMs.size,
    writtenTwice: writes.again.size,
    requests: countRequests(requests),
    kmsCalls,
    cpuSeconds,
    eventLoopDelayP99Ms,
  }
}
