import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from '@ack-secret-manager/chart/root'
import { Buildah } from './buildah.ts'
import { type ImageParts, imageParts } from './image-parts.ts'
import { npmVolumes } from './npm-settings.ts'

/** OCI configuration of an image. */
export interface ImageConfig {
  readonly User: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly Labels: Readonly<Record<string, string>>
  readonly WorkingDir?: string
}

/** The image of the Dockerfile, built without a daemon and unpacked. Disposal deletes it. */
export class BuiltImage implements AsyncDisposable {
  readonly parts: ImageParts
  /** Root directory of the unpacked image. */
  readonly root: string
  readonly config: ImageConfig
  /** Directory for files of its containers. */
  readonly scratch: string

  private constructor(parts: ImageParts, scratch: string, root: string, config: ImageConfig) {
    this.parts = parts
    this.scratch = scratch
    this.root = root
    this.config = config
  }

  /** @throws Error with the output of buildah */
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
