import {
  defined,
  isSecretSyncError,
  messageWithRequestId,
  reasonOf,
  type SecretBackend,
  type SecretRef,
  SecretSyncError,
  Semaphore,
  type StoreQuery,
} from '@ack-secret-manager/core'
import { type ExternalSecretResource, findsOf } from '@ack-secret-manager/resources'
import { storeLabel, type StoreRegistry } from '@ack-secret-manager/stores'
import type { Check, Finding } from '../check.ts'
import { groupedBy, listed } from '../../output/listed.ts'
import { restoreText } from '../../restore-hint.ts'
import { reasonAction } from '../reason-action.ts'

/** Secrets of one store that are checked; each is a call of KMS, within its quota of 450 a second. */
const MAX_SECRETS = 500
const CONCURRENT_CALLS = 8
/** The name of the list of secrets in findings. */
const LIST = 'the list of secrets'

/** One entry of a manifest; a find has no ref. */
interface Wanted {
  readonly query: StoreQuery
  readonly ref: SecretRef | undefined
}

/** Options of {@link secretChecks}. */
export interface SecretChecksOptions {
  readonly externalSecrets: readonly ExternalSecretResource[]
  readonly registry: Pick<StoreRegistry, 'resolve'>
  /** Ids of the checks of a store, or of the own identity where an entry names no store; none for a store without manifest. */
  readonly needsOf: (store: { readonly namespace: string; readonly name: string } | undefined) => readonly string[]
  readonly timeoutMs: number
}

/** Checks for each store whether its secrets may be read, by dry runs: no value is read. */
export function secretChecks(options: SecretChecksOptions): readonly Check[] {
  const { externalSecrets, registry, needsOf, timeoutMs } = options
  const byStore = groupedBy(externalSecrets.flatMap(wantedOf), ({ query }) => storeOf(query)?.label ?? '')
  return [...byStore.values()].map((wanted): Check => {
    const store = wanted[0] && storeOf(wanted[0].query)
    return {
      id: `secrets.${store === undefined ? 'own' : store.id}`,
      section: 'Secrets',
      title: store === undefined ? 'Secrets without a store' : `Secrets of ${store.label}`,
      needs: needsOf(store),
      timeoutMs,
      action: reasonAction('ExternalSecret', 'Ready', 'Unavailable'),
      run: (signal) => findingsOf(registry, wanted, signal),
    }
  })
}

function wantedOf({ metadata: { namespace }, spec }: ExternalSecretResource): readonly Wanted[] {
  const entries = [...spec.data, ...spec.dataProcess.map(({ extract }) => extract)]
  const named = entries.map(({ key, versionId, versionStage, kmsEndpoint, secretStoreRef: ref }) => ({
    query: { namespace, ref, kmsEndpoint, secret: key, provider: spec.provider },
    ref: { name: key, ...defined({ versionId, versionStage }) },
  }))
  const finds = findsOf(spec).map(({ find }) => ({
    query: { namespace, ref: find.secretStoreRef, provider: spec.provider, isForList: true },
    ref: undefined,
  }))
  return [...named, ...finds]
}

function storeOf({ namespace, ref }: StoreQuery) {
  if (ref === undefined) return undefined
  const home = ref.kind === 'ClusterSecretStore' ? '' : (ref.namespace ?? namespace)
  const id = home === '' ? ref.name : `${home}/${ref.name}`
  return { id, label: storeLabel(home, ref.name), namespace: home, name: ref.name }
}

type Access =
  | { readonly kind: 'allowed' | 'unknown'; readonly name: string }
  | { readonly kind: 'failed'; readonly name: string; readonly reason: string; readonly message: string }

async function findingsOf(
  registry: SecretChecksOptions['registry'],
  wanted: readonly Wanted[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  // Several resources may read the same secret, but each from its own namespace.
  const distinct = [...new Map(wanted.map((one) => [JSON.stringify(one), one])).values()]
  const slots = new Semaphore(CONCURRENT_CALLS)
  const checked = distinct.slice(0, MAX_SECRETS)
  const results = await Promise.all(checked.map((one) => slots.run(() => accessOf(registry, one, signal))))
  return summarized(results, distinct.length - checked.length)
}

async function accessOf(
  registry: SecretChecksOptions['registry'],
  { query, ref }: Wanted,
  signal: AbortSignal,
): Promise<Access> {
  const name = ref?.name ?? LIST
  const found = registry.resolve(query)
  if (found.kind === 'error') return failed(name, found.error)
  const { backend } = found.connection
  if (ref === undefined) return listAccessOf(backend, signal)
  if (backend.checkAccess === undefined) return { kind: 'unknown', name }
  try {
    const access = await backend.checkAccess(ref, { signal })
    if (access.allowed) return { kind: 'allowed', name }
    return failed(name, new SecretSyncError(access.code ?? 'AccessDenied', access.message))
  } catch (error) {
    if (!isSecretSyncError(error) || signal.aborted) throw error
    return failed(name, error)
  }
}

/** Whether the list of secrets, which a find needs, may be read: one page of it. */
async function listAccessOf(backend: SecretBackend, signal: AbortSignal): Promise<Access> {
  if (backend.list === undefined) {
    const message = 'this backend cannot list secrets, so that dataFrom finds none: name each secret in data'
    return failed(LIST, new SecretSyncError('InvalidSpec', message))
  }
  try {
    await backend.list({ withTags: false, signal })
    return { kind: 'allowed', name: LIST }
  } catch (error) {
    if (!isSecretSyncError(error) || signal.aborted) throw error
    return failed(LIST, error)
  }
}

function failed(name: string, error: SecretSyncError): Access {
  return { kind: 'failed', name, reason: reasonOf(error.code), message: restoreText(messageWithRequestId(error), name) }
}

/** One finding for all that may be read, and one for each cause of the others. Pure. */
function summarized(results: readonly Access[], unchecked: number): readonly Finding[] {
  const names = (kind: Access['kind']): string[] => [
    ...new Set(results.filter((one) => one.kind === kind).map(({ name }) => name)),
  ]
  const [allowed, unknown] = [names('allowed'), names('unknown')]
  const failures = results.filter((one) => one.kind === 'failed')
  return [
    ...(allowed.length === 0
      ? []
      : [{ status: 'ok', detail: `${allowed.length} may be read: ${listed(allowed)}` } as const]),
    ...[...groupedBy(failures, ({ reason }) => reason)].map(([reason, group]): Finding => {
      const distinct = [...new Set(group.map(({ name }) => name))]
      const others = distinct.length > 1 ? ` (${distinct.length} secrets: ${listed(distinct)})` : ''
      return {
        status: 'failed',
        reason,
        detail: `${reason}: ${group[0]?.message ?? ''}${others}`,
        action: reasonAction('ExternalSecret', 'Ready', reason),
      }
    }),
    ...(unknown.length === 0
      ? []
      : [
          {
            status: 'skipped',
            detail: `${unknown.length} not checked, because its service has no dry run and no value is read here: ${listed(unknown)}`,
          } as const,
        ]),
    ...(unchecked > 0
      ? [{ status: 'skipped', detail: `${unchecked} more secrets; name fewer manifests` } as const]
      : []),
  ]
}
