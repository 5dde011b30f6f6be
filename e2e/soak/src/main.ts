import { createProgress } from '@ack-secret-manager/control-plane'
import { OPERATOR, runTool } from '@ack-secret-manager/testenv'
import { renderSoak } from './report.ts'
import { runSoak } from './run-soak.ts'
import { SOAK } from './soak-options.ts'

const TTY_INTERVAL_MS = 5_000
const LOG_INTERVAL_MS = 60_000

await runTool(SOAK, async (options) => {
  const { stderr } = process
  const intervalMs = stderr.isTTY ? TTY_INTERVAL_MS : LOG_INTERVAL_MS
  const progress = createProgress({ stream: stderr, name: 'soak', intervalMs })
  try {
    await OPERATOR.ensure((text) => progress.note(text))
    const result = await runSoak({ ...options, bundle: true, progress })
    process.stdout.write(`${renderSoak(result)}\n`)
    return result.checks.some(({ isGrowth }) => isGrowth) ? 1 : 0
  } finally {
    progress.close()
  }
})
