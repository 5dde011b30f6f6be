import { runTool } from '@ack-secret-manager/testenv'
import { CHAOS } from './chaos-options.ts'
import { createSchedule, formatSchedule } from './faults/fault-schedule.ts'
import { formatOutage } from './steps/outage-step.ts'
import { renderResults, renderViolation } from './run/report.ts'
import { type ChaosResult, runChaos } from './run/run-chaos.ts'

await runTool(CHAOS, async ({ seeds, durationMs, oneReplica, shards, printSchedule }) => {
  if (printSchedule) {
    for (const seed of seeds) {
      process.stdout.write(formatSchedule(createSchedule(seed, durationMs, { oneReplica })) + formatOutage(seed))
    }
    return 0
  }
  const results: ChaosResult[] = []
  for (const seed of seeds) {
    const result = await runChaos({
      seed,
      durationMs,
      oneReplica,
      shards,
      log: (line) => process.stdout.write(`${line}\n`),
    })
    results.push(result)
    for (const violation of result.violations) process.stdout.write(`\n${renderViolation(violation, result)}\n`)
  }
  process.stdout.write(`\n${renderResults(results)}\n`)
  return results.some(({ violations }) => violations.length > 0) ? 1 : 0
})
