import { InputError } from '../input-error.ts'
import type { Log } from '../output/log.ts'
import { MANIFEST_LIMITS } from './limits.ts'
import { type FileListing, listFiles, type ManifestFile, skippedNote } from './list-files.ts'
import { type Manifests, manifestsOf } from './manifests.ts'
import type { Labels } from './namespace-labels.ts'
import { type ManifestObject, parseObjects } from './parse-objects.ts'
import { readFileText, readStdinText } from './read-text.ts'

/** Options of a {@link ManifestReader}. */
export interface ManifestReaderOptions {
  /** Files, directories, `-` for stdin. */
  readonly paths: readonly string[]
  /** Whether to read the directories below those of `paths`. */
  readonly recursive: boolean
  readonly cwd: string
  readonly stdin: AsyncIterable<Uint8Array> | undefined
  readonly defaultNamespace: string
  readonly log: Log
  /** Namespaces of the cluster, for ClusterExternalSecrets. @default only namespaces with a manifest */
  readonly clusterNamespaces?: ((signal: AbortSignal) => Promise<ReadonlyMap<string, Labels>>) | undefined
}

const STDIN = '-'
const IDLE = 'selects none of the Namespaces in the manifests; add manifests of the Namespaces with their labels'
const IDLE_IN_CLUSTER = 'selects no namespace of the cluster, and none in the manifests'

/** Reads manifests and detects changes. */
export class ManifestReader {
  readonly #options: ManifestReaderOptions
  #stdinText: Promise<string> | undefined
  #stamp = ''
  #notes: readonly string[] = []
  #expands = false

  constructor(options: ManifestReaderOptions) {
    this.#options = options
  }

  /** Whether files were changed, added or removed since the last {@link read}, by their names, sizes and times. */
  async changed(): Promise<boolean> {
    try {
      return stampOf((await this.#files()).files) !== this.#stamp
    } catch (error) {
      // The next read reports the problem.
      if (error instanceof InputError) return this.#stamp !== error.message
      throw error
    }
  }

  /** Whether the last manifests depend on the namespaces of the cluster. */
  get followsCluster(): boolean {
    return this.#expands && this.#options.clusterNamespaces !== undefined
  }

  /** @throws InputError with every problem of every file | SecretSyncError when the namespaces of the cluster cannot be listed */
  async read(signal: AbortSignal): Promise<Manifests> {
    const { paths, defaultNamespace, log, clusterNamespaces } = this.#options
    const problems: string[] = []
    const objects: ManifestObject[] = []
    const otherDocuments: string[] = []
    let bytes = 0
    const take = (text: string, label: string, named: boolean): void => {
      bytes += text.length
      const parsed = parseObjects(text, label)
      objects.push(...parsed.objects)
      problems.push(...parsed.problems)
      if (!named) otherDocuments.push(...parsed.others)
      else
        problems.push(...parsed.others.map((at) => `${at}: not a Kubernetes object: apiVersion and kind are missing`))
      if (bytes > MANIFEST_LIMITS.totalBytes || objects.length > MANIFEST_LIMITS.objects) {
        const { totalBytes, objects: count } = MANIFEST_LIMITS
        throw new InputError([
          `${label}: more than ${count} objects or ${totalBytes / 1024 / 1024} MiB; name fewer files`,
        ])
      }
    }
    const { files, skipped } = await this.#listed()
    if (paths.includes(STDIN)) {
      log.debug('reading stdin')
      take(await this.#stdin(signal), 'stdin', true)
    }
    for (const file of files) take(await readFileText(file, signal), file.label, file.named)
    this.#expands = objects.some(({ kind }) => kind === 'ClusterExternalSecret')
    const namespaces = this.#expands ? await clusterNamespaces?.(signal) : undefined
    const manifests = manifestsOf(objects, { defaultNamespace, namespaces }, problems)
    if (problems.length > 0) throw new InputError(problems)
    const idle = manifests.idle.map((label) => `${label} ${namespaces ? IDLE_IN_CLUSTER : IDLE}`)
    if (manifests.externalSecrets.size === 0) {
      const named = paths.map((each) => (each === STDIN ? 'stdin' : each)).join(', ')
      throw new InputError(idle.length > 0 ? idle : [`no ExternalSecret in ${named}`])
    }
    this.#logIgnored(manifests, otherDocuments, [...skipped.map(skippedNote), ...idle])
    return manifests
  }

  async #listed(): Promise<FileListing> {
    try {
      const listing = await this.#files()
      this.#stamp = stampOf(listing.files)
      return listing
    } catch (error) {
      if (error instanceof InputError) this.#stamp = error.message
      throw error
    }
  }

  #files(): Promise<FileListing> {
    const { paths, cwd, recursive } = this.#options
    return listFiles(
      paths.filter((path) => path !== STDIN),
      { cwd, recursive },
    )
  }

  /** Cached, because stdin can be read only once. */
  #stdin(signal: AbortSignal): Promise<string> {
    const { stdin } = this.#options
    if (stdin === undefined) throw new InputError(['-f -: there is no stdin'])
    this.#stdinText ??= readStdinText(stdin, signal)
    return this.#stdinText
  }

  #logIgnored({ ignored, pushSecrets }: Manifests, otherDocuments: readonly string[], more: readonly string[]): void {
    const kinds = [...ignored].map(([kind, count]) => counted(kind, count))
    if (otherDocuments.length > 0) {
      kinds.push(
        `not a Kubernetes object at ${otherDocuments.slice(0, 3).join(', ')}${otherDocuments.length > 3 ? ', …' : ''}`,
      )
    }
    const unused = kinds.length === 0 ? [] : [`ignored, because no resource references them: ${kinds.join('; ')}`]
    const pushed =
      pushSecrets === 0 ? [] : [`ignored, because only the operator pushes: ${counted('PushSecret', pushSecrets)}`]
    const notes = [...unused, ...pushed, ...more]
    for (const note of notes) if (!this.#notes.includes(note)) this.#options.log.info(note)
    this.#notes = notes
  }
}

function counted(kind: string, count: number): string {
  return count === 1 ? kind : `${kind} ×${count}`
}

function stampOf(files: readonly ManifestFile[]): string {
  return files.map(({ path, stamp }) => `${path} ${stamp}`).join('\n')
}
