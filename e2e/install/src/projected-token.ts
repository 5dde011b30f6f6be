import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ControlPlane } from '@ack-secret-manager/control-plane'
import { requestToken, type ServiceAccountName } from '@ack-secret-manager/testenv'
import { makeReadable } from './readable.ts'

/** The part of a pod that declares its tokens. */
export interface PodTokens {
  readonly securityContext?: { readonly fsGroup?: number }
  readonly containers: readonly [
    { readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[] },
  ]
  readonly volumes?: readonly {
    readonly name: string
    readonly projected?: { readonly sources: readonly { readonly serviceAccountToken?: TokenSource }[] }
  }[]
}

interface TokenSource {
  readonly path: string
  readonly audience?: string
  readonly expirationSeconds?: number
}

/** Source and destination of a token. */
export interface TokenPlace {
  readonly account: ServiceAccountName
  readonly plane: ControlPlane
  /** Client of the kubelet. */
  readonly directory: string
}

/** A token in a file that the kubelet renews, according to the pod's volume. */
export class ProjectedToken {
  /** Path of the token in the pod. */
  readonly pathInPod: string
  /** Path of the token on this machine. */
  readonly file: string
  readonly #source: TokenSource
  readonly #place: TokenPlace
  readonly #group: number | undefined
  #writes = 0

  private constructor(source: TokenSource, mountPath: string, place: TokenPlace, group: number | undefined) {
    this.#source = source
    this.#place = place
    this.#group = group
    this.pathInPod = path.join(mountPath, source.path)
    this.file = path.join(place.directory, this.pathInPod)
  }

  /** Mounts the only token of a pod; undefined if it declares none. */
  static async mount(pod: PodTokens, place: TokenPlace): Promise<ProjectedToken | undefined> {
    const [{ volumeMounts = [] }] = pod.containers
    const { securityContext: { fsGroup } = {}, volumes = [] } = pod
    const tokens = volumes.flatMap(({ name, projected }) => {
      const mountPath = volumeMounts.find((mount) => mount.name === name)?.mountPath
      const sources = (projected?.sources ?? []).flatMap(({ serviceAccountToken }) => serviceAccountToken ?? [])
      return mountPath === undefined
        ? []
        : sources.map((source) => new ProjectedToken(source, mountPath, place, fsGroup))
    })
    for (const token of tokens) await token.renew()
    return tokens[0]
  }

  /** Requests a new token from the API server and replaces the old one. */
  async renew(): Promise<void> {
    const { audience, expirationSeconds } = this.#source
    const spec = {
      ...(audience === undefined ? {} : { audiences: [audience] }),
      ...(expirationSeconds === undefined ? {} : { expirationSeconds }),
    }
    await this.put(await requestToken(this.#place.plane.request, this.#place.account, spec))
  }

  /**
   * Writes a text as the kubelet does: atomically through a link, readable for the
   * group of the volume only.
   */
  async put(text: string): Promise<void> {
    const volume = path.dirname(this.file)
    const name = path.basename(this.file)
    const data = `..${(this.#writes += 1)}`
    const made = await mkdir(path.join(volume, data), { recursive: true })
    if (made !== undefined) await makeReadable(made)
    const written = path.join(volume, data, name)
    await writeFile(written, text, { mode: 0o640 })
    await chmod(written, 0o640)
    if (process.getuid?.() === 0) await chown(written, 0, this.#group ?? 0)
    await symlink(data, path.join(volume, '..new'))
    await rename(path.join(volume, '..new'), path.join(volume, '..data'))
    // The link must exist at all times.
    if (!existsSync(this.file)) await symlink(path.join('..data', name), this.file)
  }
}
