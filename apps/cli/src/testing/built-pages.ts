import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const UI = fileURLToPath(new URL('../../../ui', import.meta.url))

/** Builds the pages of `acksm ui`, unless a build has them. */
export async function buildPages(): Promise<void> {
  if (existsSync(`${UI}/dist/pages/index.html`)) return
  await promisify(execFile)('npm', ['run', 'build'], { cwd: UI })
}
