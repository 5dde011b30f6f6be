import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Program } from '@ack-secret-manager/testenv'
import type { PodRuntime } from '@ack-secret-manager/e2e-install/kubelet'
import { runProgram } from '@ack-secret-manager/chart/programs/run-program'
import type { BuiltImage } from './built-image.ts'
import type { PodRun } from '@ack-secret-manager/e2e-install/pod-run'
import { containerConfig } from './container-config.ts'
import { defaultSeccomp } from './default-seccomp.ts'
import { withTools } from './toolbox.ts'

const BECOME = fileURLToPath(new URL('./become.mjs', import.meta.url))

/** Runs containers of an image with the real crun, like the kubelet on a node. */
export class ContainerRuntime implements PodRuntime {
  readonly image: BuiltImage
  readonly #ids: string[] = []

  constructor(image: BuiltImage) {
    this.image = image
    process.on('exit', this.#removeAll)
  }

  /** Starts a container. The returned process ends with the container and forwards signals to it. */
  async run(options: PodRun): Promise<Program> {
    const { config: image, root, parts } = this.image
    const profile = await readFile(path.join(parts.tools, 'usr/share/containers/seccomp.json'), 'utf8')
    const config = containerConfig({ ...options, image, root, seccomp: defaultSeccomp(profile, process.arch) })
    const bundle = await mkdtemp(path.join(this.image.scratch, 'container-'))
    await writeFile(path.join(bundle, 'config.json'), JSON.stringify(config))
    const id = path.basename(bundle)
    this.#ids.unshift(id)
    return Program.start({
      name: 'ack-secret-manager',
      script: BECOME,
      args: this.#crun('run', '--bundle', bundle, id),
    })
  }

  /** Runs a program in the last started container, as the image's user. @returns its output */
  async exec(...command: readonly string[]): Promise<string> {
    const [file, ...args] = this.#crun('exec', '--user', this.image.config.User, this.#ids[0] ?? '', ...command)
    return runProgram(file, args)
  }

  /** Stops all running containers. */
  close(): void {
    process.off('exit', this.#removeAll)
    this.#removeAll()
  }

  /** A killed crun leaves its container behind. */
  readonly #removeAll = (): void => {
    for (const id of this.#ids.splice(0)) {
      const [file, ...args] = this.#crun('delete', '--force', id)
      spawnSync(file, args)
    }
  }

  #crun(...args: readonly string[]): [string, ...string[]] {
    const state = path.join(this.image.scratch, 'containers')
    return withTools(this.image.parts.tools, ['crun', '--root', state, '--cgroup-manager=disabled', ...args])
  }
}
