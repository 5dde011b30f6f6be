import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import {
  checkLimits,
  type Clock,
  type ContentDigester,
  type CreateAction,
  type ObservedSecret,
  SecretSyncError,
  type SecretWriter,
  Sensitive,
  systemClock,
  type TargetAction,
  type TargetChange,
  type TargetRef,
  type TargetValues,
  unknownAction,
  withDeadline,
  withDefaults,
} from '@ack-secret-manager/core'
import { type Disk, errnoOf, nodeDisk } from './disk.ts'
import { fileError } from './file-error.ts'
import { KeyLock } from './key-lock.ts'
import { listTargets } from './list-targets.ts'
import { claimDirectory, findDirectory } from './marked-directory.ts'
import { encodeMeta } from './meta.ts'
import {
  conflict,
  type Content,
  createdContent,
  patchedContent,
  recordedContent,
  releasedContent,
  replacedContent,
  sameFiles,
} from './next-content.ts'
import { inspectFolder, observeFolder, versionOf } from './observe-folder.ts'
import { readFolder, readKeys, readVisibleKeys, type TargetFolder, versionName } from './target-folder.ts'
import { checkKeys, checkTarget } from './target-name.ts'
import { removeTarget, type WriteContext, writeVersion } from './write-version.ts'

export interface FileSecretWriterOptions {
  /** Output directory, with files `DIRECTORY/NAMESPACE/NAME/KEY`. Created if missing; otherwise it must be empty or created by this writer. */
  readonly directory: string
  /** Computes the digests that show changes of the files. */
  readonly digester: ContentDigester
  /** Deadline of one call, in milliseconds. @default 30_000 */
  readonly timeoutMs?: number
  /** Only observe: the directory is neither created nor marked, and `apply` throws. @default false */
  readonly readOnly?: boolean
  /** Maximum number of targets in the directory. @default 100_000 */
  readonly maxTargets?: number
  /** Called when old plaintext could not be removed after a write; the next write of that target retries. @default nothing */
  readonly onCleanupFailed?: (error: SecretSyncError) => void
  /** @default systemClock */
  readonly clock?: Clock
  /** @internal */
  readonly disk?: Disk
}

type Settings = Required<FileSecretWriterOptions>
type ChangeAction = Exclude<TargetAction, { readonly kind: 'create' | 'finish' }>

/**
 * Writes each target as a folder of files that change together in one step, like a kubelet volume.
 * Files are not watched: `onChange` never calls its listener. `observe` always reads the disk and so detects edits.
 * One process writes to a directory at a time.
 */
export class FileSecretWriter implements SecretWriter {
  readonly #root: string
  readonly #settings: Settings
  readonly #lock = new KeyLock()
  readonly #held = new Map<string, ObservedSecret>()
  #isClosed = false

  private constructor(root: string, settings: Settings) {
    this.#root = root
    this.#settings = settings
  }

  /**
   * Claims the directory and reads its targets.
   * @throws SecretSyncError `InvalidSpec` when the directory was not created by this writer; `TooLarge`, `WriteDenied`,
   * `WriteFailed`. RangeError for a limit that is not a whole number of at least 1
   */
  static async open(options: FileSecretWriterOptions): Promise<FileSecretWriter> {
    const settings: Settings = withDefaults(options, {
      timeoutMs: 30_000,
      readOnly: false,
      maxTargets: 100_000,
      onCleanupFailed: () => undefined,
      clock: systemClock,
      disk: nodeDisk,
    })
    const { directory, disk, maxTargets, readOnly, timeoutMs } = settings
    checkLimits({ timeoutMs, maxTargets })
    try {
      const root = readOnly ? await findDirectory(directory, disk) : await claimDirectory(directory, disk)
      const writer = new FileSecretWriter(root ?? directory, settings)
      if (root === undefined) return writer
      for (const target of await listTargets(root, maxTargets, disk)) await writer.#observe(target)
      return writer
    } catch (error) {
      throw fileError(error, `opening output directory ${directory}`)
    }
  }

  observe(
    target: TargetRef,
    { signal }: { signal: AbortSignal; fresh?: boolean },
  ): Promise<ObservedSecret | undefined> {
    return this.#call('reading', target, signal, () => this.#observe(target))
  }

  inspect(target: TargetRef, { signal }: { signal: AbortSignal }): Promise<ObservedSecret | undefined> {
    return this.#call('reading', target, signal, async () => {
      const { observed, digests } = await this.#read(target)
      return observed && inspectFolder(observed, digests, this.#settings.digester)
    })
  }

  readValues(
    target: TargetRef,
    { signal, keys }: { signal: AbortSignal; keys: readonly string[] },
  ): Promise<TargetValues | undefined> {
    return this.#call('reading', target, signal, async () => {
      const values = new Map<string, Sensitive<Uint8Array>>()
      const { observed, digests } = await this.#read(target, keys, (key, bytes) => {
        if (keys.includes(key)) values.set(key, new Sensitive(bytes))
      })
      if (!observed) return undefined
      const edited = observed.drifted.filter((key) => values.has(key))
      return { observed: inspectFolder(observed, digests, this.#settings.digester), values, edited: new Set(edited) }
    })
  }

  async apply(action: TargetAction, { signal }: { signal: AbortSignal }): Promise<ObservedSecret | undefined> {
    if (this.#settings.readOnly) throw new Error('a read-only writer cannot write')
    if (this.#isClosed) {
      throw new SecretSyncError('Cancelled', `writing ${pathOf(this.#root, action.target)}: the writer was closed`)
    }
    return this.#call('writing', action.target, signal, async (callSignal) => {
      const context: WriteContext = {
        disk: this.#settings.disk,
        guard: () => callSignal.throwIfAborted(),
        onCleanupFailed: (error) =>
          this.#settings.onCleanupFailed(fileError(error, `cleaning up ${pathOf(this.#root, action.target)}`)),
      }
      if (action.kind === 'create') await this.#create(action, context)
      // Files are replaced in one step, so a replacement needs no finish.
      else if (action.kind !== 'finish') await this.#change(action, context)
      return this.#observe(action.target)
    })
  }

  ownedBy(namespace: string, ownerName: string): readonly ObservedSecret[] {
    return [...this.#held.values()].filter(
      ({ target, records }) => target.namespace === namespace && records.has(ownerName),
    )
  }

  owned(): Iterable<ObservedSecret> {
    return this.#held.values()
  }

  /** Never calls its listener, because files are not watched. */
  onChange(_listener: (change: TargetChange) => void): () => void {
    return () => undefined
  }

  /**
   * Resolves when active writes have finished. Later calls of `apply` fail with `Cancelled`.
   * @throws SecretSyncError `Timeout` when they take longer than `timeoutMs`
   */
  close(): Promise<void> {
    this.#isClosed = true
    const { timeoutMs, clock } = this.#settings
    const { signal } = new AbortController()
    return withDeadline(() => this.#lock.idle(), { timeoutMs, what: `closing ${this.#root}`, signal, clock })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #create(action: CreateAction, context: WriteContext): Promise<void> {
    const { target, set } = action
    checkKeys(set.keys())
    const found = await this.#folder(target)
    if (found && (found.version !== undefined || found.foreign.size > 0)) throw conflict(target, 'already exists')
    await this.#write(found ?? (await this.#makeFolder(target)), createdContent(action, randomUUID()), context)
  }

  async #change(action: ChangeAction, context: WriteContext): Promise<void> {
    const { target } = action
    if ('set' in action) checkKeys(action.set.keys())
    const folder = await this.#folder(target)
    const observed = folder && observeFolder(target, folder, new Map(), '')
    if (!folder || !observed) throw conflict(target, 'was deleted')
    if (observed.uid !== action.ifUid) throw conflict(target, 'was deleted and created again')
    if (versionOf(folder) !== action.ifResourceVersion) throw conflict(target, 'has changed')
    if (action.kind === 'release' && action.how === 'delete') return removeTarget(folder, context)

    const files = new Map(await Array.fromAsync(readKeys(folder, this.#settings.disk)))
    const meta = folder.meta ?? { uid: randomUUID(), type: '', owners: new Map() }
    const before: Content = { files, meta }
    const next = nextContent(before, action)
    if (!unchanged(folder, before, next)) await this.#write(folder, next, context)
  }

  async #write(folder: TargetFolder, content: Content, context: WriteContext): Promise<void> {
    const name = versionName(new Date(this.#settings.clock.now()), process.pid, randomBytes(4).toString('hex'))
    await writeVersion(folder, { name, files: content.files, meta: encodeMeta(content.meta) }, context)
    const { disk } = this.#settings
    // Another process may have removed the unfinished folder as a leftover.
    if ((await disk.kindOf(join(folder.path, name))) === undefined) {
      throw new SecretSyncError(
        'WriteFailed',
        `${folder.path}: another process writes there; let one process write to a directory`,
      )
    }
  }

  async #observe(target: TargetRef): Promise<ObservedSecret | undefined> {
    const { observed } = await this.#read(target)
    const key = keyOf(target)
    if (observed && observed.records.size > 0) this.#held.set(key, observed)
    else this.#held.delete(key)
    return observed
  }

  async #read(
    target: TargetRef,
    more: readonly string[] = [],
    onValue?: (key: string, bytes: Uint8Array) => void,
  ): Promise<{ observed: ObservedSecret | undefined; digests: ReadonlyMap<string, string> }> {
    const { digester, disk } = this.#settings
    const digests = new Map<string, string>()
    const folder = await this.#folder(target)
    if (!folder) return { observed: undefined, digests }
    for await (const [key, bytes] of readVisibleKeys(folder, disk, more)) {
      digests.set(key, digester.digest(target, key, bytes))
      onValue?.(key, bytes)
    }
    return { observed: observeFolder(target, folder, digests, digester.keyId), digests }
  }

  #folder(target: TargetRef): Promise<TargetFolder | undefined> {
    return readFolder(this.#root, target, this.#settings.disk)
  }

  async #makeFolder(target: TargetRef): Promise<TargetFolder> {
    const { disk } = this.#settings
    const namespacePath = join(this.#root, target.namespace)
    const path = join(namespacePath, target.name)
    for (const [folder, parent] of [
      [namespacePath, this.#root],
      [path, namespacePath],
    ] as const) {
      await disk.makeDirectory(folder).catch((error: unknown) => {
        if (errnoOf(error) !== 'EEXIST') throw error
      })
      await disk.syncDirectory(parent)
    }
    const made = await this.#folder(target)
    if (!made) throw conflict(target, 'was deleted')
    return made
  }

  #call<T>(
    doing: string,
    target: TargetRef,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const what = `${doing} ${pathOf(this.#root, target)}`
    const { timeoutMs, clock } = this.#settings
    // The lock is kept until the work ends, even if its caller has timed out.
    return withDeadline(
      (callSignal) =>
        this.#lock.run(keyOf(target), async () => {
          checkTarget(target)
          try {
            callSignal.throwIfAborted()
            return await work(callSignal)
          } catch (error) {
            throw fileError(error, what)
          }
        }),
      { timeoutMs, what, signal, clock },
    )
  }
}

function nextContent(before: Content, action: ChangeAction): Content {
  switch (action.kind) {
    case 'patch':
      return patchedContent(before, action)
    case 'record':
      return recordedContent(before, action)
    case 'replace':
      return replacedContent(before, action, randomUUID())
    case 'release':
      return releasedContent(before, action)
    default:
      throw unknownAction(action)
  }
}

function unchanged(folder: TargetFolder, before: Content, next: Content): boolean {
  return (
    folder.version !== undefined &&
    folder.meta !== undefined &&
    encodeMeta(before.meta) === encodeMeta(next.meta) &&
    sameFiles(before.files, next.files) &&
    folder.keys.every((key) => folder.links.has(key))
  )
}

function keyOf(target: TargetRef): string {
  return `${target.namespace}/${target.name}`
}

function pathOf(root: string, target: TargetRef): string {
  return join(root, target.namespace, target.name)
}
