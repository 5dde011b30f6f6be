import { existsSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { runProgram } from '@ack-secret-manager/chart/programs/run-program'

/** This machine cannot download Debian's packages; the message is one line with the reason. */
export class DebianUnavailable extends Error {
  override readonly name = 'DebianUnavailable'
}

/** Packages of this machine's Debian or derivative. Its apt downloads and verifies them; nothing is installed. */
export class DebianPackages {
  readonly #directory: string
  readonly #options: readonly string[]

  private constructor(directory: string, options: readonly string[]) {
    this.#directory = directory
    this.#options = options
  }

  /** @param directory replaces the system directories of apt. @throws DebianUnavailable if no package list can be downloaded */
  static async open(directory: string): Promise<DebianPackages> {
    for (const program of ['apt-get', 'dpkg-deb'])
      if (!existsSync(`/usr/bin/${program}`)) throw new DebianUnavailable(`this machine has no ${program}`)
    const lists = path.join(directory, 'lists')
    await mkdir(path.join(lists, 'partial'), { recursive: true })
    const settings = {
      'Dir::State::Lists': lists,
      'Dir::Cache': directory,
      'Dir::Cache::pkgcache': '',
      'Dir::Cache::srcpkgcache': '',
      'Debug::NoLocking': 'true',
      // The user `_apt` could not write here.
      'APT::Sandbox::User': 'root',
      'Acquire::Languages': 'none',
    }
    const options = ['-qq', ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])]
    const update = [...options, '-o', 'APT::Update::Error-Mode=any', 'update']
    try {
      await runProgram('apt-get', update)
    } catch (cause) {
      const lastLine = (cause instanceof Error ? cause.message : String(cause)).trimEnd().split('\n').at(-1) ?? ''
      throw new DebianUnavailable(`the lists of Debian's packages could not be downloaded: ${lastLine}`, { cause })
    }
    return new DebianPackages(directory, options)
  }

  /** Unpacks these packages without their dependencies. */
  async unpack(names: readonly string[], target: string): Promise<void> {
    const archives = path.join(this.#directory, `${path.basename(target)}-alone`)
    await mkdir(archives)
    await runProgram('apt-get', [...this.#options, 'download', ...names], { cwd: archives })
    await unpackAll(archives, target)
  }

  /**
   * Unpacks these packages with their dependencies.
   * @param status file that says what is there already; an empty one is an empty machine. @default what this machine has
   * @param wanted which of the packages' names to unpack. @default all
   */
  async unpackWithNeeds(
    names: readonly string[],
    target: string,
    { status, wanted }: { readonly status?: string; readonly wanted?: RegExp } = {},
  ): Promise<void> {
    const archives = path.join(this.#directory, path.basename(target))
    await mkdir(path.join(archives, 'partial'), { recursive: true })
    const options = [...this.#options, '-o', `Dir::Cache::Archives=${archives}`]
    if (status !== undefined) options.push('-o', `Dir::State::status=${status}`)
    await runProgram('apt-get', [...options, '-y', '--no-install-recommends', '--download-only', 'install', ...names])
    await unpackAll(archives, target, wanted)
  }
}

async function unpackAll(archives: string, target: string, wanted = /^/): Promise<void> {
  await mkdir(target, { recursive: true })
  for (const name of await readdir(archives)) {
    if (name.endsWith('.deb') && wanted.test(name))
      await runProgram('dpkg-deb', ['-x', path.join(archives, name), target])
  }
}
