import { countRequests } from '@ack-secret-manager/testenv'
import type { QuietFigures } from './figures.ts'
import type { Setting } from './measure-first-sync.ts'
import type { Meter } from './meter.ts'

/** Measures one interval in which nothing changes. */
export async function measureQuiet({ intervalMs, progress }: Setting, meter: Meter): Promise<QuietFigures> {
  progress.stage(`measuring a quiet interval of ${intervalMs / 1_000} s`)
  await meter.read()
  const startedMs = performance.now()
  await new Promise((resolve) => setTimeout(resolve, intervalMs))
  const seconds = (performance.now() - startedMs) / 1_000
  const { requests, kmsCalls, cpuSeconds, eventLoopDelayP99Ms } = await meter.read()
  return { seconds, kmsCalls, requests: countRequests(requests), cpuSeconds, eventLoopDelayP99Ms }
}
