import { spawnSync } from 'node:child_process'
import { existsSync, utimesSync } from 'node:fs'
import path from 'node:path'

/** Tests compare their times with those of the sources, and otherwise start the programs from the sources. */
const BUNDLES = ['operator/dist/start.js', 'cli/dist/main.js'].map((file) =>
  path.join(import.meta.dirname, '../../../apps', file),
)

const started = new Date()
const { status } = spawnSync('nx', ['run-many', '-t', 'build', '--outputStyle=static'], {
  stdio: 'inherit',
  env: { ...process.env, NX_DAEMON: 'false' },
})
// Nx restores files from its cache with their old times, older than sources that Git has checked out since.
if (status === 0) for (const file of BUNDLES) if (existsSync(file)) utimesSync(file, started, started)
process.exitCode = status ?? 1
