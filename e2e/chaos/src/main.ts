import { inScratch, UsageError } from '@ack-secret-manager/testenv'
import { HELP, parseChaosOptions, type ChaosCommand } from './chaos-options.ts'
import { createSchedule, formatSchedule } from './faults/fault-schedule.ts'
import { formatOutage } from './steps/outage-step.ts'
import { renderTable, renderViolation } from './run/report.ts'
import { type ChaosResult, runChaos } from './run/run-chaos.ts'

async function main(argv: readonly string[]): Promise<number> {
  let command: ChaosCommand | 'help'
  try {
    command = parseChaosOptions(argv)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`chaos: ${error.message}; see --help\n`)
    return 2
  }
  if (command === 'help') {
    process.stdout.write(HELP)
    return 0
  }
  const { seeds, durationMs, oneReplica, printSchedule } = command
  if (printSchedule) {
    for (const seed of seeds) {
      process.stdout.write(formatSchedule(createSchedule(seed, durationMs, { oneReplica })) + formatOutage(seed))
    }
    return 0
  }
  const results: ChaosResult[] = []
  for (const seed of seeds) {
    const result = await runChaos({ seed, durationMs, oneReplica, log: (line) => process.stdout.write(`${line}\n`) })
    results.push(result)
    for (const violation of result.violations) process.stdout.write(`\n${renderViolation(violation, result)}\n`)
  }
  process.stdout.write(`\n${renderTable(results)}\n`)
  return results.some(({ violations }) => violations.length > 0) ? 1 : 0
}

process.exitCode = await inScratch('chaos', () => main(process.argv.slice(2)))
