import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The example of a package's README. */
export interface ReadmeExample {
  /** Code of the block. */
  readonly code: string
  /** Runs it in the package's folder as a separate program with only this environment and the compiled sources. @returns its output */
  run(env?: Readonly<Record<string, string | undefined>>, code?: string): Promise<string>
}

const DEADLINE_MS = 120_000

/** The first TypeScript block of the README of the package of a file in `src`. @param url `import.meta.url` of the file */
export function readmeExample(url: string): ReadmeExample {
  const home = path.dirname(path.dirname(fileURLToPath(url)))
  const code = /```ts\n([\s\S]*?)```/.exec(readFileSync(path.join(home, 'README.md'), 'utf8'))?.[1]
  if (code === undefined) throw new Error(`${home}/README.md: no TypeScript block`)
  return {
    code,
    run: async (env = {}, source = code) => {
      const args = ['--conditions=@ack-secret-manager/source', '--input-type=module-typescript', '--eval', source]
      const { NODE_COMPILE_CACHE } = process.env
      const options = { cwd: home, timeout: DEADLINE_MS, env: { NODE_COMPILE_CACHE, ...env } }
      const { stdout } = await promisify(execFile)(process.execPath, args, options)
      return stdout
    },
  }
}
