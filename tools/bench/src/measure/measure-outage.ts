import { revisionOfMany } from '@ack-secret-manager/testenv'
import type { OutageFigures } from './figures.ts'
import type { Setting } from './measure-first-sync.ts'
import type { Meter } from './meter.ts'
import { percentilesOf } from './percentiles.ts'
import { watchWrites } from './watches.ts'

/** Time during which KMS responds with 503. */
const OUTAGE_MS = 35_000

/** Makes KMS respond with 503 for a while, changes all values meanwhile, and waits for all Secrets after the outage. */
export async function measureOutage(setting: Setting, meter: Meter): Promise<OutageFigures> {
  const { simulator, admin, namespace, resources, secrets, progress } = setting
  await meter.read()
  progress.stage(`KMS answers 503 for ${OUTAGE_MS / 1_000} s`)
  await simulator.control('POST', '/faults', { match: {}, fault: 'http503' })
  await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS))
  const { kmsCalls: callsMeanwhile } = await meter.read()
  await simulator.control('PUT', '/secrets', revisionOfMany(secrets, 2))
  await using writes = await watchWrites(admin, namespace, resources)
  const backMs = Date.now()
  await simulator.control('DELETE', '/faults')
  await writes.all()
  await meter.settled()
  const { kmsCalls } = await meter.read()
  return {
    seconds: OUTAGE_MS / 1_000,
    callsMeanwhile,
    callsAfter: kmsCalls,
    delayMs: percentilesOf([...writes.atMs.values()].map((atMs) => atMs - backMs)),
  }
}
