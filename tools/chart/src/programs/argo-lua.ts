import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runGoProgram } from './go-program.ts'

/** Folder of Argo CD's customizations of our kinds, in the layout of its repository. */
export const CUSTOMIZATIONS = fileURLToPath(
  new URL('../../../../deploy/argocd/resource_customizations/alibabacloud.com/', import.meta.url),
)

/**
 * Runs a script of {@link CUSTOMIZATIONS} as Argo CD does, with gopher-lua and the same libraries.
 * @param script such as `ExternalSecret/health.lua`
 * @returns what it returns for each object
 * @throws Error with the message of Lua
 */
export async function runArgoScript(script: string, objects: readonly object[]): Promise<readonly unknown[]> {
  const text = readFileSync(path.join(CUSTOMIZATIONS, script), 'utf8')
  return (await runGoProgram('argo-lua', [], { script: text, objects })) as unknown[]
}
