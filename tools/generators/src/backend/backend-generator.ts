import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { backendNames } from './backend-names.ts'

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

const FILES = fileURLToPath(new URL('files', import.meta.url))
const LICENSE = new URL('../../../../LICENSE', import.meta.url)

/** Creates `packages/backend-NAME`. @returns a function to call after the files are written */
export function backendGenerator(tree: Tree, { name, skipInstall = false }: BackendOptions): () => void {
  const names = backendNames(name)
  const directory = `packages/backend-${name}`
  if (tree.exists(`${directory}/package.json`)) throw new Error(`${directory} already exists`)
  const versions = {
    coreVersion: versionOf(tree, 'packages/core'),
    testkitVersion: versionOf(tree, 'packages/testkit'),
    zodVersion: dependencyOf(tree, 'packages/resources', 'zod'),
  }
  const words: Readonly<Record<string, string>> = { ...names, ...versions }
  const filled = (text: string): string =>
    text.replaceAll(/__([A-Za-z]+)__/g, (placeholder, word: string) => words[word] ?? placeholder)
  for (const file of readdirSync(FILES, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.template')) continue
    const target = path.posix.join(
      directory,
      filled(
        file
          .split(path.sep)
          .join('/')
          .replace(/\.template$/, ''),
      ),
    )
    tree.write(target, filled(readFileSync(path.join(FILES, file), 'utf8')))
  }
  tree.write(`${directory}/LICENSE`, readFileSync(LICENSE, 'utf8'))
  return () => {
    // Line lengths depend on the names.
    execFileSync(path.join(tree.root, 'node_modules/.bin/oxfmt'), [directory], { cwd: tree.root, stdio: 'ignore' })
    if (!skipInstall) install(tree.root)
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
