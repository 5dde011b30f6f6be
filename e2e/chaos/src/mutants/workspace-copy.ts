import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Mutant, mutate } from './mutant.ts'

const ROOT = path.resolve(import.meta.dirname, '../../../..')
const FOLDERS = ['docs', 'packages', 'apps', 'tools', 'e2e', 'examples']
const FILES = ['package.json', 'tsconfig.json', 'tsconfig.base.json', 'vitest.config.ts']
const SCOPE = '@ack-secret-manager'

/** A copy of the sources for mutants, so that the working tree stays unchanged. Third-party packages are linked. */
export class WorkspaceCopy implements AsyncDisposable {
  readonly directory: string

  private constructor(directory: string) {
    this.directory = directory
  }

  static async make(): Promise<WorkspaceCopy> {
    const copy = new WorkspaceCopy(await mkdtemp(path.join(tmpdir(), 'acksm-mutants-')))
    for (const folder of FOLDERS) await copy.#sources(folder)
    for (const file of FILES) await cp(path.join(ROOT, file), path.join(copy.directory, file))
    await copy.#modules()
    return copy
  }

  /** Runs work with a mutant applied. */
  async withMutant<T>(mutant: Mutant, work: () => Promise<T>): Promise<T> {
    const file = path.join(this.directory, mutant.file)
    const source = await readFile(file, 'utf8')
    await writeFile(file, mutate(source, mutant))
    try {
      return await work()
    } finally {
      await writeFile(file, source)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true })
  }

  async #sources(folder: string): Promise<void> {
    const isSource = (file: string): boolean => path.basename(file) !== 'node_modules'
    await cp(path.join(ROOT, folder), path.join(this.directory, folder), { recursive: true, filter: isSource })
  }

  async #modules(): Promise<void> {
    const modules = path.join(this.directory, 'node_modules')
    await mkdir(modules)
    for (const name of await readdir(path.join(ROOT, 'node_modules'))) {
      const from = path.join(ROOT, 'node_modules', name)
      // Links to workspace packages are relative, so they point into the copy.
      if (name === SCOPE) await cp(from, path.join(modules, name), { recursive: true, verbatimSymlinks: true })
      else if (!name.startsWith('.')) await symlink(from, path.join(modules, name))
    }
    for (const folder of FOLDERS) {
      for (const name of await readdir(path.join(ROOT, folder))) {
        const own = path.join(folder, name, 'node_modules')
        if (existsSync(path.join(ROOT, own))) await symlink(path.join(ROOT, own), path.join(this.directory, own))
      }
    }
  }
}
