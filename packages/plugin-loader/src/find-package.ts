import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export interface SearchPaths {
  /** Folders whose `node_modules` is searched first. */
  readonly pluginDirs: readonly string[]
  /** A file or folder of the program. Its `node_modules` and those of its parent folders are searched last. */
  readonly appDir: string
}

/** A defect of a package that shows before its code runs. */
export class PackageProblem extends Error {
  override readonly name = 'PackageProblem'
}

/** Conditions of `exports` for `import`, as in Node. A checkout prefers the sources. */
const CONDITIONS: ReadonlySet<string> = new Set([
  ...(import.meta.url.endsWith('.ts') ? ['@ack-secret-manager/source'] : []),
  'node',
  'import',
  'module-sync',
  'default',
])

/** Name of an npm package, without a version. */
const PACKAGE_NAME = /^(?:@[a-z0-9][-._a-z0-9]*\/)?[a-z0-9][-._a-z0-9]*$/
const MAX_NAME_LENGTH = 214
const MAX_MANIFEST_BYTES = 1_048_576

/** URL of the module that `import 'NAME'` would load from the search paths. @throws PackageProblem */
export function findPackage(name: string, paths: SearchPaths): URL {
  if (name.length > MAX_NAME_LENGTH || !PACKAGE_NAME.test(name)) {
    throw new PackageProblem('expected the name of an npm package, such as @example/backend-vault')
  }
  const folders = foldersOf(paths)
  const folder = folders
    .map((each) => path.join(each, name))
    .find((each) => existsSync(path.join(each, 'package.json')))
  if (folder === undefined) {
    const where = [...paths.pluginDirs.map((dir) => path.join(dir, 'node_modules')), 'the packages of the program']
    throw new PackageProblem(`not found in ${where.join(', ')}; install it, or name its folder with --plugin-dir`)
  }
  // As in Node, a linked package resolves its dependencies from its real path.
  const home = realpathSync(folder)
  const manifest = readManifest(path.join(home, 'package.json'))
  const [entry, ...others] = entriesOf(manifest)
  if (entry === undefined) throw new PackageProblem('its package.json has no entry point for import')
  const files = [entry, ...others].map((each) => path.resolve(home, each))
  if (!files.every((each) => each.startsWith(home + path.sep))) {
    throw new PackageProblem('its entry point is outside the package')
  }
  const file = files.find((each) => statSync(each, { throwIfNoEntry: false })?.isFile())
  if (file === undefined) throw new PackageProblem(`its entry point ${entry} does not exist; build the package`)
  return pathToFileURL(file)
}

function foldersOf({ pluginDirs, appDir }: SearchPaths): readonly string[] {
  const above: string[] = []
  for (let dir = path.resolve(fromUrl(appDir)); ; dir = path.dirname(dir)) {
    above.push(path.join(dir, 'node_modules'))
    if (dir === path.dirname(dir)) break
  }
  return [...pluginDirs.map((dir) => path.resolve(dir, 'node_modules')), ...above]
}

function fromUrl(location: string): string {
  return location.startsWith('file:') ? fileURLToPath(location) : location
}

function readManifest(file: string): Readonly<Record<string, unknown>> {
  const text = readFileSync(file, 'utf8')
  if (text.length > MAX_MANIFEST_BYTES) throw new PackageProblem('its package.json is too large')
  try {
    const manifest: unknown = JSON.parse(text)
    if (isRecord(manifest)) return manifest
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new PackageProblem('its package.json is not a JSON object')
}

/**
 * Paths of the module that `import` of the bare package name loads, of which the first file counts. Node.js, "Packages", package entry
 * points, and DEP0151 for a `main` without an extension.
 */
function entriesOf(manifest: Readonly<Record<string, unknown>>): readonly string[] {
  const { exports, main } = manifest
  if (exports === undefined || exports === null) {
    return typeof main === 'string' && main !== '' ? [main, `${main}.js`, path.join(main, 'index.js')] : ['index.js']
  }
  const root = isRecord(exports) && Object.keys(exports).some((key) => key.startsWith('.')) ? exports['.'] : exports
  return [targetOf(root) ?? []].flat()
}

function targetOf(target: unknown): string | undefined {
  if (typeof target === 'string') return target.startsWith('./') ? target : undefined
  if (Array.isArray(target)) return firstOf(target)
  if (!isRecord(target)) return undefined
  return firstOf(Object.keys(target).flatMap((key) => (CONDITIONS.has(key) ? [target[key]] : [])))
}

function firstOf(targets: readonly unknown[]): string | undefined {
  for (const each of targets) {
    const found = targetOf(each)
    if (found !== undefined) return found
  }
  return undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
