import { UsageError } from '@ack-secret-manager/command-line'
import { isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import {
  keyOf,
  labelOf,
  type LiveExternalSecret,
  liveExternalSecret,
  type StoreName,
} from '@ack-secret-manager/resource-view'
import { isClusterScoped, resourcePath, resourcesPath } from '@ack-secret-manager/resources'
import { type ClusterReader, crdsMissing, isForbidden } from './cluster-reader.ts'
import { parseResourceRef, type ResourceRef, type ResourceRefOptions } from './resource-ref.ts'

/** What a user selects with an argument and flags. */
export interface Selection {
  /** Undefined if no resource is named. */
  readonly ref: ResourceRef | undefined
  /** Undefined for that of the context, and for all. */
  readonly namespace: string | undefined
  readonly selector: string | undefined
  readonly isEverywhere: boolean
}

/** A call with an argument, `KUBE_FLAGS` and `SELECT_FLAGS`. */
export interface SelectingCall {
  readonly argument: string
  readonly typed: ReadonlySet<string>
  readonly flags: {
    readonly namespace: string | undefined
    readonly selector: string | undefined
    readonly 'all-namespaces': boolean
  }
}

/**
 * Reads a selection: one named resource, or several by flags. Of two that contradict each other, the one on the command line wins over
 * the one of a variable.
 * @throws UsageError
 */
export function selectionOf({ argument, flags, typed }: SelectingCall, options: ResourceRefOptions = {}): Selection {
  const conflict = (one: string, other: string): UsageError =>
    new UsageError(`${one} and ${other} cannot be combined; use one of them`)
  const { selector, namespace, 'all-namespaces': isEverywhere } = flags
  if (argument === '') {
    if (isEverywhere && typed.has('namespace')) throw conflict('--namespace', '--all-namespaces')
    return { ref: undefined, namespace: isEverywhere ? undefined : namespace, selector, isEverywhere }
  }
  for (const name of ['all-namespaces', 'selector']) if (typed.has(name)) throw conflict('a NAME', `--${name}`)
  const ref = parseResourceRef(argument, options)
  const isOther = ref.namespace !== undefined && namespace !== undefined && ref.namespace !== namespace
  if (isOther && typed.has('namespace')) throw conflict(argument, `--namespace ${namespace}`)
  return { ref, namespace: ref.namespace ?? namespace, selector: undefined, isEverywhere: false }
}

/** What a command that needs a selection can select: ExternalSecrets. */
export const SELECTABLE =
  'one ExternalSecret (NAME), those of a store (store/NAME), or those with labels (-l LABEL=VALUE)'

/**
 * The selection of a command that changes resources, which must not be empty by mistake.
 * @param options.verb what the command does, for the error
 * @param options.choices what a user can name, for the error
 * @throws UsageError
 */
export function requiredSelectionOf(
  call: SelectingCall,
  { verb, choices, ...options }: { readonly verb: string; readonly choices: string } & ResourceRefOptions,
): Selection {
  const selection = selectionOf(call, options)
  const { ref, selector, isEverywhere } = selection
  if (ref || selector !== undefined || isEverywhere) return selection
  throw new UsageError(`name what to ${verb}: ${choices}`)
}

/** The selected ExternalSecrets. A store selects those that use it, a ClusterExternalSecret those that it has created. */
export async function selectExternalSecrets(
  reader: ClusterReader,
  { ref, selector, isEverywhere, ...selection }: Selection,
  context: string,
): Promise<readonly LiveExternalSecret[]> {
  const namespace = selection.namespace ?? context
  if (!ref) return listSelected(reader, { namespace: isEverywhere ? undefined : namespace, selector })
  if (ref.kind !== 'ExternalSecret') return dependentsOf(reader, ref, isClusterScoped(ref.kind) ? '' : namespace)
  const path = resourcePath('ExternalSecret', namespace, ref.name)
  return [liveExternalSecret(await reader.get(path, `ExternalSecret ${namespace}/${ref.name}`))]
}

/** ExternalSecrets of a namespace, or of all. @throws SecretSyncError */
export async function listExternalSecrets(
  reader: ClusterReader,
  { namespace, selector }: { readonly namespace: string | undefined; readonly selector?: string | undefined },
): Promise<readonly LiveExternalSecret[]> {
  const where = namespace === undefined ? 'all namespaces' : `namespace ${namespace}`
  const path = resourcesPath('ExternalSecret', namespace)
  try {
    const objects = await reader.list(path, `ExternalSecrets in ${where}`, { labelSelector: selector })
    return objects.map(liveExternalSecret).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  } catch (error) {
    throw crdsMissing(error)
  }
}

/** As {@link listExternalSecrets}, for a user who selects by flags. Lacking all namespaces is an error, as for kubectl. */
export async function listSelected(
  reader: ClusterReader,
  scope: Parameters<typeof listExternalSecrets>[1],
): Promise<readonly LiveExternalSecret[]> {
  try {
    return await listExternalSecrets(reader, scope)
  } catch (error) {
    if (scope.namespace !== undefined || !isSecretSyncError(error) || !isForbidden(error)) throw error
    const { code, message, facts } = error
    throw new SecretSyncError(code, `${message}; name a namespace that you may read with -n`, { facts, cause: error })
  }
}

/** Whether an ExternalSecret names a store. */
export function usesStore({ stores }: LiveExternalSecret, store: StoreName): boolean {
  return stores.some((each) => labelOf(each) === labelOf(store))
}

async function dependentsOf(reader: ClusterReader, { kind, name }: ResourceRef, namespace: string) {
  const what = labelOf({ kind, namespace, name })
  // A mistyped name must not select nothing without a message.
  await reader.get(resourcePath(kind, namespace, name), what)
  const all = await listExternalSecrets(reader, { namespace: isClusterScoped(kind) ? undefined : namespace })
  if (kind === 'SecretStore' || kind === 'ClusterSecretStore') {
    return all.filter((each) => usesStore(each, { kind, namespace, name }))
  }
  return all.filter(({ createdBy }) => createdBy === name)
}
