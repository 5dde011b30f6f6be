import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { backendFiles } from './backend-files.ts'
import { shown } from './backend-names.ts'

/** Options of {@link createBackend}. */
export interface CreateBackendOptions {
  /** Name of the secret manager, in lower case: `vault`. */
  readonly name: string
  /** Name of the npm package. @default `backend-NAME` */
  readonly packageName?: string
  /** Folder in which `backend-NAME` is created. @default the current folder */
  readonly parent?: string
}

/** A created project. */
export interface CreatedBackend {
  readonly directory: string
  readonly packageName: string
}

/** Why nothing was created, in one sentence. */
export class CreateBackendError extends Error {
  override readonly name = 'CreateBackendError'
  /** Whether an option is wrong, not the file system. */
  readonly isUsage: boolean

  constructor(message: string, { isUsage = false }: { readonly isUsage?: boolean } = {}) {
    super(message)
    this.isUsage = isUsage
  }
}

const PACKAGE_NAME = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/
/** Limit of npm. */
const MAX_PACKAGE_NAME = 214

/**
 * Creates a project with a backend package. It is complete or absent, because it is moved to its place when all files are written.
 * @throws CreateBackendError if a name is invalid, or the project exists or cannot be written
 */
export async function createBackend(options: CreateBackendOptions): Promise<CreatedBackend> {
  const { name, packageName = `backend-${name}`, parent = process.cwd() } = options
  const files = filesOf(name, packageName)
  const directory = path.join(parent, `backend-${name}`)
  await refuseContent(directory)
  const staged = await orCannotWrite(directory, () => mkdtemp(path.join(parent, `.backend-${name}-`)))
  try {
    await orCannotWrite(directory, async () => {
      // Unlike that of `mkdtemp`, its permissions follow the umask.
      const project = path.join(staged, 'project')
      for (const [file, content] of files) {
        const target = path.join(project, file)
        await mkdir(path.dirname(target), { recursive: true })
        await writeFile(target, content)
      }
      // Windows does not replace an empty folder.
      await rmdir(directory).catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error
      })
      await rename(project, directory)
    })
  } finally {
    await rm(staged, { recursive: true, force: true })
  }
  return { directory, packageName }
}

function filesOf(name: string, packageName: string): ReadonlyMap<string, string> {
  const isPackage = typeof packageName === 'string' && PACKAGE_NAME.test(packageName)
  if (!isPackage && packageName !== `backend-${name}`) {
    throw new CreateBackendError(`package: expected a name like @example/backend-vault, got ${shown(packageName)}`, {
      isUsage: true,
    })
  }
  if (packageName.length > MAX_PACKAGE_NAME)
    throw new CreateBackendError(`package: expected at most ${MAX_PACKAGE_NAME} characters`, { isUsage: true })
  try {
    return backendFiles({ mode: 'standalone', name, packageName, version: ownVersion() })
  } catch (error) {
    if (codeOf(error) !== undefined || !(error instanceof Error)) throw error
    throw new CreateBackendError(error.message, { isUsage: true })
  }
}

/** All packages of a release have one version. */
function ownVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

async function refuseContent(directory: string): Promise<void> {
  try {
    const [content] = await readdir(directory)
    if (content === undefined) return
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return
    if (code !== 'ENOTDIR') throw new CreateBackendError(`${directory}: cannot be read (${code})`)
  }
  throw new CreateBackendError(`${directory}: already exists; remove it, or choose another name`)
}

async function orCannotWrite<T>(directory: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    throw new CreateBackendError(`${directory}: cannot be written (${code})`)
  }
}

/** The code of an error of the system. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
