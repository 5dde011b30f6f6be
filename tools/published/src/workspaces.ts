import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** A package that is published. */
export interface Workspace {
  readonly directory: string
  readonly name: string
  readonly layer: string
}

/** All published packages, programs included. */
export function workspaces(): Workspace[] {
  return globSync('{packages,apps}/*/package.json', { cwd: ROOT })
    .toSorted()
    .flatMap((file) => {
      const manifest = JSON.parse(readFileSync(path.join(ROOT, file), 'utf8')) as {
        name: string
        private?: boolean
        nx?: { tags?: readonly string[] }
      }
      // Only bundled into a program.
      if (manifest.private === true) return []
      const layer = manifest.nx?.tags?.find((tag) => tag.startsWith('layer:'))?.slice('layer:'.length) ?? 'none'
      return [{ directory: path.join(ROOT, path.dirname(file)), name: manifest.name, layer }]
    })
}

/** Runs a program of the workspace. @throws Error with its output when it fails */
export async function run(command: string, args: readonly string[], cwd: string = ROOT): Promise<string> {
  const env = {
    ...process.env,
    PATH: `${path.join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
    NX_DAEMON: 'false',
  }
  try {
    const { stdout } = await promisify(execFile)(command, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
  }
}
