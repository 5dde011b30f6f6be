import { ensureOperatorBundle } from '@ack-secret-manager/bench'
import { createProgress } from '@ack-secret-manager/control-plane'
import { inScratch, UsageError } from '@ack-secret-manager/testenv'
import { renderSoak } from './report.ts'
import { runSoak } from './run-soak.ts'
import { HELP, parseSoakOptions, type SoakCommand } from './soak-options.ts'

const TTY_INTERVAL_MS = 5_000
const LOG_INTERVAL_MS = 60_000

async function main(argv: readonly string[]): Promise<number> {
  let command: SoakCommand | 'help'
  try {
    command = parseSoakOptions(argv)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`soak: ${error.message}\n`)
    return 2
  }
  if (command === 'help') {
    process.stdout.write(HELP)
    return 0
  }
  const { stderr } = process
  const intervalMs = stderr.isTTY ? TTY_INTERVAL_MS : LOG_INTERVAL_MS
  const progress = createProgress({ stream: stderr, name: 'soak', intervalMs })
  try {
    await ensureOperatorBundle((text) => progress.note(text))
    const result = await runSoak({ ...command, bundle: true, progress })
    process.stdout.write(`${renderSoak(result)}\n`)
    return result.checks.some(({ isGrowth }) => isGrowth) ? 1 : 0
  } finally {
    progress.close()
  }
}

process.exitCode = await inScratch('soak', () => main(process.argv.slice(2)))
