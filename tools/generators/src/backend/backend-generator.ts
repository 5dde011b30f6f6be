import { execFileSync } from 'node:child_process'
import path from 'node:path'
import type { backendFiles as BackendFiles } from '@ack-secret-manager/create-backend'

/** The used part of Nx's file tree. Nx writes it to disk after the generator returns. */
export interface Tree {
  readonly root: string
  exists(file: string): boolean
  read(file: string, encoding: 'utf8'): string | null
  write(file: string, content: string): void
}

/** See `schema.json`. */
export interface BackendOptions {
  readonly name: string
  readonly skipInstall?: boolean
}

/** By path, because Nx runs without the condition that resolves a package to its sources. */
const TEMPLATES = new URL('../../../../packages/create-backend/src/backend-files.ts', import.meta.url)

/** Creates `packages/backend-NAME`. @returns a function to call after the files are written */
export async function backendGenerator(tree: Tree, { name, skipInstall = false }: BackendOptions): Promise<() => void> {
  const { backendFiles } = (await import(TEMPLATES.href)) as { readonly backendFiles: typeof BackendFiles }
  const directory = `packages/backend-${name}`
  const files = backendFiles({
    mode: 'workspace',
    name,
    packageName: `@ack-secret-manager/backend-${name}`,
    version: versionOf(tree, 'packages/core'),
    zodVersion: dependencyOf(tree, 'packages/resources', 'zod'),
  })
  if (tree.exists(`${directory}/package.json`)) throw new Error(`${directory} already exists`)
  for (const [file, content] of files) tree.write(`${directory}/${file}`, content)
  return () => {
    format(tree.root, directory)
    if (!skipInstall) install(tree.root)
  }
}

/** Line lengths depend on the names. @throws Error with the output of oxfmt; the package is complete */
function format(root: string, directory: string): void {
  try {
    execFileSync(path.join(root, 'node_modules/.bin/oxfmt'), [directory], { cwd: root, stdio: 'pipe' })
  } catch (cause) {
    const { stderr = '', stdout = '', message } = cause as Error & { stderr?: Buffer; stdout?: Buffer }
    const reason = `${String(stderr)}${String(stdout)}`.trim() || message
    throw new Error(
      `${directory} is created, but not formatted: ${reason}\nRun npx oxfmt ${directory} and npm install before you commit.`,
      { cause },
    )
  }
}

/** Adds the new package to the lockfile. The package works without it, so a missing network is not a failure. */
function install(root: string): void {
  try {
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${why}\nThe package works; run npm install before you commit, for package-lock.json.\n`)
  }
}

interface Manifest {
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
}

function manifestOf(tree: Tree, directory: string): Manifest {
  const text = tree.read(`${directory}/package.json`, 'utf8')
  if (text === null)
    throw new Error(`${directory}/package.json does not exist: is this the workspace of ack-secret-manager?`)
  return JSON.parse(text) as Manifest
}

function versionOf(tree: Tree, directory: string): string {
  return manifestOf(tree, directory).version
}

function dependencyOf(tree: Tree, directory: string, name: string): string {
  const version = manifestOf(tree, directory).dependencies?.[name]
  if (version === undefined) throw new Error(`${directory}/package.json does not depend on ${name}`)
  return version
}
