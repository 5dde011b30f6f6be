import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
/** Folder of the operator's bundle. */
export const BUNDLE_FOLDER = path.join(ROOT, 'apps/operator/dist')
/** Entry point of the bundle. */
export const BUNDLE = path.join(BUNDLE_FOLDER, 'start.js')
/** Sources of the bundle. */
const INPUTS = [
  'packages/*/src/**/*.ts',
  'packages/*/package.json',
  'apps/operator/{src/**/*.ts,*.json,*.ts}',
  'tools/build/src/*.ts',
]

/** Builds the operator's bundle unless it exists and is newer than all its sources. @throws Error if the build fails */
export async function ensureOperatorBundle(progress: (text: string) => void): Promise<void> {
  if (isBundleCurrent()) return
  progress('building the operator’s bundle')
  const child = spawn('npx', ['tsup'], {
    cwd: path.join(ROOT, 'apps/operator'),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`the operator’s bundle cannot be built:\n${output.slice(-2_000)}`)
}

/** Whether the bundle exists and is newer than everything that it contains. */
export function isBundleCurrent(): boolean {
  const builtMs = statSync(BUNDLE, { throwIfNoEntry: false })?.mtimeMs
  if (builtMs === undefined) return false
  return globSync(INPUTS, { cwd: ROOT }).every(
    (file) => file.endsWith('.test.ts') || statSync(path.join(ROOT, file)).mtimeMs <= builtMs,
  )
}
