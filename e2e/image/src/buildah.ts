import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runProgram } from '@ack-secret-manager/chart/programs/run-program'
import { withTools } from './toolbox.ts'

const BUILD_DEADLINE_MS = 15 * 60_000

/** buildah with a separate storage. */
export class Buildah {
  readonly #tools: string
  readonly #scratch: string

  constructor(tools: string, scratch: string) {
    this.#tools = tools
    this.#scratch = scratch
  }

  /** @returns its output */
  run(command: string, ...args: readonly string[]): Promise<string> {
    return this.#run(this.#scratch, command, ...args)
  }

  /**
   * Pulls an image of an OCI layout. buildah names it after the path as it is written, and accepts only lower case, so the path must not
   * contain the random part of a temporary directory. @returns its id
   */
  async pullLayout(layout: string, tag: string): Promise<string> {
    const { dir, base } = path.parse(layout)
    return (await this.#run(dir, 'pull', `oci:${base}:${tag}`)).trim()
  }

  /** Creates an image from a directory. @returns its name */
  async pack(name: string, root: string): Promise<string> {
    const context = path.join(this.#scratch, name)
    await mkdir(context)
    const file = path.join(context, 'Dockerfile')
    await writeFile(file, 'FROM scratch\nCOPY . /\nENV PATH=/usr/local/bin:/usr/bin:/bin\n')
    const image = `localhost/${name}`
    await this.run('build', '--file', file, '--tag', image, root)
    return image
  }

  async #run(cwd: string, command: string, ...args: readonly string[]): Promise<string> {
    const at = (name: string): string => path.join(this.#scratch, name)
    const storage = ['--root', at('storage'), '--runroot', at('run'), '--storage-driver', 'vfs']
    const [file, ...rest] = withTools(this.#tools, ['buildah', ...storage, command, ...args])
    const env = { TMPDIR: this.#scratch, BUILDAH_ISOLATION: 'chroot', BUILDAH_LAYERS: 'false' }
    return runProgram(file, rest, { cwd, env, deadlineMs: BUILD_DEADLINE_MS })
  }
}
