import { mkdtemp, mkdtempDisposable, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from '@ack-secret-manager/chart/root'
import { runProgram } from '@ack-secret-manager/chart/programs/run-program'
import { cachedDirectory } from '@ack-secret-manager/control-plane'
import { buildContextHash } from './build-context.ts'
import { Buildah } from './buildah.ts'
import { dropOldImages, entryName } from './image-cache.ts'
import { type ImageParts, imageParts } from './image-parts.ts'
import { checkBuildAllowed } from './image-unavailable.ts'
import { npmVolumes } from './npm-settings.ts'

/** OCI configuration of an image. */
export interface ImageConfig {
  readonly User: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly Labels: Readonly<Record<string, string>>
  readonly WorkingDir?: string
}

/** What a build leaves next to the root. */
interface BuildRecord {
  readonly config: ImageConfig
  /** Directory of the build, which no longer exists. */
  readonly builtIn: string
  /** Root of the sources, which may be another checkout of the same content. */
  readonly checkout: string
  /** npm settings of the build. */
  readonly npmrc: string
}

/** `fresh` builds an image whose sources have not changed since the last build. */
const IS_FRESH = process.env['IMAGE_BUILD'] === 'fresh'

/** The image of the Dockerfile, built without a daemon and unpacked, or that of an earlier build of the same sources on the same day. Disposal deletes it. */
export class BuiltImage implements AsyncDisposable {
  readonly parts: ImageParts
  /** Root directory of the unpacked image. */
  readonly root: string
  readonly build: BuildRecord
  /** Directory for files of its containers. */
  readonly scratch: string

  /** The image as an OCI layout, for a registry. */
  get layout(): string {
    return path.join(this.scratch, 'layout')
  }

  private constructor(parts: ImageParts, scratch: string, root: string, build: BuildRecord) {
    this.parts = parts
    this.scratch = scratch
    this.root = root
    this.build = build
  }

  get config(): ImageConfig {
    return this.build.config
  }

  /** @throws Error with the output of buildah; ImageUnavailable without an image, if this run may not build one */
  static async open(): Promise<BuiltImage> {
    const parts = await imageParts()
    const scratch = await mkdtemp(path.join(tmpdir(), 'acksm-image-'))
    const root = path.join(scratch, 'root')
    try {
      const built = IS_FRESH ? await buildInto(parts, scratch) : await keptBuild(parts)
      await (IS_FRESH
        ? rename(path.join(built, 'image'), root)
        : runProgram('cp', ['-a', path.join(built, 'image'), path.join(built, 'layout'), scratch]))
      if (!IS_FRESH) await rename(path.join(scratch, 'image'), root)
      const record = JSON.parse(await readFile(path.join(built, 'build.json'), 'utf8')) as BuildRecord
      return new BuiltImage(parts, scratch, root, record)
    } catch (error) {
      await rm(scratch, { recursive: true, force: true })
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.scratch, { recursive: true, force: true })
  }
}

/** Today's build of these sources from the cache. @returns its directory */
async function keptBuild(parts: ImageParts): Promise<string> {
  const name = entryName(await buildContextHash(parts), Date.now())
  const cached = await cachedDirectory('image', name, async (directory, progress) => {
    checkBuildAllowed(process.env)
    progress.stage('building')
    await buildInto(parts, directory)
    progress.done('built')
  })
  await dropOldImages(path.dirname(cached), Date.now())
  return cached
}

/** Builds into `image`, `layout` and `build.json` of a directory. @returns the directory */
async function buildInto(parts: ImageParts, directory: string): Promise<string> {
  await using temporary = await mkdtempDisposable(path.join(tmpdir(), 'acksm-built-image-'))
  const { path: builtIn } = temporary
  const checkout = fileURLToPath(ROOT)
  const buildah = new Buildah(parts.tools, builtIn)
  const base = await buildah.pack('base', parts.base)
  const node = await buildah.pack('node', parts.build)
  const args = ['--build-arg', `NODE_IMAGE=${node}`, '--build-arg', `BASE=${base}`]
  const volumes = (await npmVolumes(builtIn)).flatMap((volume) => ['--volume', volume])
  const image = 'localhost/built'
  await buildah.run('build', ...args, ...volumes, '--tag', image, checkout)
  const container = (await buildah.run('from', image)).trim()
  const mounted = (await buildah.run('mount', container)).trim()
  const { OCIv1 } = JSON.parse(await buildah.run('inspect', '--type', 'image', image)) as {
    OCIv1: { config: ImageConfig }
  }
  await runProgram('cp', ['-a', mounted, path.join(directory, 'image')])
  await buildah.run('push', image, `oci:${path.join(directory, 'layout')}:built`)
  const npmrc = await readFile(path.join(builtIn, 'npmrc'), 'utf8')
  const record: BuildRecord = { config: OCIv1.config, builtIn, checkout, npmrc }
  await writeFile(path.join(directory, 'build.json'), JSON.stringify(record))
  return directory
}
