import { spawnSync } from 'node:child_process'
import { existsSync, utimesSync } from 'node:fs'
import path from 'node:path'

/** Tests compare its time with those of the sources, and otherwise start operators from the sources. */
const OPERATOR_BUNDLE = path.join(import.meta.dirname, '../../../apps/operator/dist/start.js')

const started = new Date()
const { status } = spawnSync('nx', ['run-many', '-t', 'build', '--outputStyle=static'], {
  stdio: 'inherit',
  env: { ...process.env, NX_DAEMON: 'false' },
})
// Nx restores files from its cache with their old times, older than sources that Git has checked out since.
if (status === 0 && existsSync(OPERATOR_BUNDLE)) utimesSync(OPERATOR_BUNDLE, started, started)
process.exitCode = status ?? 1
