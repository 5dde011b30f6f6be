// The Nx generator imports this file by path, so it may import only Node and its own folder.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { backendNames } from './backend-names.ts'

/** Where the package is created: anywhere, or in the workspace of ack-secret-manager. */
export type BackendMode = 'standalone' | 'workspace'

/** Options of {@link backendFiles}. */
export interface BackendFilesOptions {
  readonly mode: BackendMode
  /** Name of the secret manager: `vault`. */
  readonly name: string
  readonly packageName: string
  /** Version of `core` and `testkit`. */
  readonly version: string
  /** Range of zod. Only for the workspace, whose packages have one range. */
  readonly zodVersion?: string
}

const TEMPLATES = fileURLToPath(new URL('../templates', import.meta.url))
const LICENSE = new URL('../LICENSE', import.meta.url)
const SUFFIX = '.template'
const NODE_FLAGS: Readonly<Record<BackendMode, string>> = {
  standalone: '',
  // The packages of the workspace are not built before their tests.
  workspace: "'--conditions=@ack-secret-manager/source', ",
}

/**
 * Content of the files of a new backend package, by path with `/`.
 * @throws Error for an invalid name
 */
export function backendFiles(options: BackendFilesOptions): ReadonlyMap<string, string> {
  const { mode, name, packageName, ...versions } = options
  const words: Readonly<Record<string, string>> = {
    ...backendNames(name),
    ...versions,
    package: packageName,
    nodeFlags: NODE_FLAGS[mode],
  }
  const filled = (text: string): string =>
    text.replaceAll(/__([A-Za-z]+)__/g, (placeholder, word: string) => words[word] ?? placeholder)
  const templates = ['shared', mode].flatMap((folder) => {
    const at = path.join(TEMPLATES, folder)
    return readdirSync(at, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => ({ file, text: readFileSync(path.join(at, file), 'utf8') }))
  })
  return new Map([
    ...templates.map(({ file, text }) => [filled(targetOf(file)), filled(text)] as const),
    ['LICENSE', readFileSync(LICENSE, 'utf8')],
  ])
}

function targetOf(template: string): string {
  return template.split(path.sep).join('/').slice(0, -SUFFIX.length)
}
