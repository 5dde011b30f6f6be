import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from '@ack-secret-manager/chart/root'
import { Buildah } from './buildah.ts'
import { type ImageParts, imageParts } from './image-parts.ts'
import { npmVolumes } from './npm-settings.ts'

/** Configuration of an image, as OCI has it. */
export interface ImageConfig {
  readonly User: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly Labels: Readonly<Record<string, string>>
  readonly WorkingDir?: string
}

/** What the Dockerfile makes, built for real without a daemon and unpacked, until it is disposed of. */
export class BuiltImage implements AsyncDisposable {
  readonly parts: ImageParts
  /** Directory that is the root of the image. */
  readonly root: string
  readonly config: ImageConfig
  /** Directory for what belongs to containers of it. */
  readonly scratch: string

  private constructor(parts: ImageParts, scratch: string, root: string, config: ImageConfig) {
    this.parts = parts
    this.scratch = scratch
    this.root = root
    this.config = config
  }

  /** @throws Error with what buildah said */
  static async build(): Promise<BuiltImage> {
    const parts = await imageParts()
    const scratch = await mkdtemp(path.join(tmpdir(), 'acksm-built-image-'))
    try {
      const buildah = new Buildah(parts.tools, scratch)
      const base = await buildah.pack('base', parts.base)
      const node = await buildah.pack('node', parts.build)
      const args = ['--build-arg', `NODE_IMAGE=${node}`, '--build-arg', `BASE=${base}`]
      const volumes = (await npmVolumes(scratch)).flatMap((volume) => ['--volume', volume])
      const image = 'localhost/built'
      await buildah.run('build', ...args, ...volumes, '--tag', image, fileURLToPath(ROOT))
      const container = (await buildah.run('from', image)).trim()
      const root = (await buildah.run('mount', container)).trim()
      const { OCIv1 } = JSON.parse(await buildah.run('inspect', '--type', 'image', image)) as {
        OCIv1: { config: ImageConfig }
      }
      return new BuiltImage(parts, scratch, root, OCIv1.config)
    } catch (error) {
      await rm(scratch, { recursive: true, force: true })
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.scratch, { recursive: true, force: true })
  }
}
