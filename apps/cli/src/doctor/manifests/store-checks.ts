import { isSecretSyncError, messageWithRequestId, reasonOf, type SecretSyncError } from '@ack-secret-manager/core'
import {
  type NamespacedName,
  storeLabel,
  type StoreRegistry,
  type StoreResource,
  type StoreState,
  whyNoTokens,
} from '@ack-secret-manager/stores'
import type { Check, Finding } from '../check.ts'
import { clockRefusal } from '../clock-refusal.ts'
import { remainingText } from '../network/certificate-validity.ts'
import { reasonAction } from '../reason-action.ts'

/** Stores with a check of their own. */
const MAX_STORES = 100
/** The registry has deadlines of its own: the first credential, STS, the handshake with an instance. */
const STORE_TIMEOUT_MS = 25_000
const DAY_MS = 86_400_000
/** As the condition ClientKeyExpiring of the operator. */
const EXPIRES_SOON_MS = 30 * DAY_MS

/** Options of {@link storeChecks}. */
export interface StoreChecksOptions {
  readonly stores: readonly StoreResource[]
  /** Verifies the identities of stores with STS. */
  readonly registry: StoreRegistry
  /** Ids of checks that a store needs: what its endpoint and identity depend on. */
  readonly needsOf: (store: StoreResource) => readonly string[]
  readonly nowMs: () => number
}

/** Id of the check of a store. */
export function storeCheckId({ namespace, name }: NamespacedName): string {
  return `store.${namespace === '' ? name : `${namespace}/${name}`}`
}

/** Validates each store as the operator does: credentials, identity, TLS of an instance. */
export function storeChecks({ stores, registry, needsOf, nowMs }: StoreChecksOptions): readonly Check[] {
  const checks = stores.slice(0, MAX_STORES).flatMap((store): Check[] => {
    const title = storeLabel(store.metadata.namespace, store.metadata.name)
    let state: StoreState | undefined
    const common = { section: 'Stores', timeoutMs: STORE_TIMEOUT_MS, title } as const
    const action = reasonAction('SecretStore', 'Ready', 'Unavailable')
    return [
      {
        ...common,
        id: storeCheckId(store.metadata),
        needs: needsOf(store),
        action,
        run: async (signal) => {
          state = await stateOf(registry, store, signal)
          return stateFinding(state, title, nowMs())
        },
      },
      {
        ...common,
        id: `${storeCheckId(store.metadata)}.warnings`,
        needs: [],
        after: [storeCheckId(store.metadata)],
        action,
        run: () => Promise.resolve([...warningFindings(state, nowMs()), ...tokenFindings(store)]),
      },
    ]
  })
  const more = stores.length - MAX_STORES
  return more > 0 ? [...checks, moreStores(more)] : checks
}

async function stateOf(registry: StoreRegistry, store: StoreResource, signal: AbortSignal): Promise<StoreState> {
  try {
    return await registry.upsert(store, { signal })
  } catch (error) {
    // The credentials could not be read just now.
    if (!isSecretSyncError(error) || signal.aborted) throw error
    return { ready: false, error }
  }
}

function stateFinding(state: StoreState, title: string, nowMs: number): Finding {
  if (!state.ready) return notReady(state.error, title)
  const { identity, endpoint, caller, unverified, expiresAtMs } = state
  const who = caller === undefined ? identity : `${identity} (${caller.arn})`
  const days = expiresAtMs === undefined ? '' : `, valid for ${remainingText(expiresAtMs - nowMs)}`
  // KMS may refuse what STS has not confirmed.
  if (unverified) {
    return {
      status: 'ok',
      detail: `is configured for ${endpoint} as ${who}${days}; not verified, because STS did not answer`,
    }
  }
  return { status: 'ok', detail: `reads from ${endpoint} as ${who}${days}` }
}

function notReady(error: SecretSyncError, title: string): Finding {
  const reason = reasonOf(error.code)
  return {
    status: 'failed',
    reason,
    // The title names the store already.
    detail: messageWithRequestId(error).replace(`${title}: `, ''),
    action: reasonAction('SecretStore', 'Ready', reason),
    ...clockRefusal(error),
  }
}

/** What works, and needs attention: the conditions that the operator sets in addition to Ready. */
function warningFindings(state: StoreState | undefined, nowMs: number): readonly Finding[] {
  if (state?.ready !== true) return []
  const { expiresAtMs, tlsWarning } = state
  const failed = (reason: string, detail: string): Finding => ({
    status: 'failed',
    reason,
    detail,
    action: reasonAction('SecretStore', reason, reason),
  })
  return [
    ...(tlsWarning === undefined ? [] : [failed('TLSVerificationDisabled', tlsWarning)]),
    ...(expiresAtMs === undefined || expiresAtMs - nowMs >= EXPIRES_SOON_MS
      ? []
      : [failed('ClientKeyExpiring', `its client key expires at ${new Date(expiresAtMs).toISOString()}`)]),
  ]
}

/** Tokens that the manifest allows, and no namespace gets. */
function tokenFindings(store: StoreResource): readonly Finding[] {
  const why = whyNoTokens(store)
  if (why === undefined) return []
  const action = 'Remove spec.allowTokens, or use the identity that the guide to tokens names'
  return [{ status: 'failed', detail: `spec.allowTokens has no effect: the store ${why}`, action, blocks: false }]
}

function moreStores(count: number): Check {
  return {
    id: 'store.more',
    section: 'Stores',
    title: 'Other stores',
    needs: [],
    timeoutMs: STORE_TIMEOUT_MS,
    action: 'Name fewer manifests',
    run: () => Promise.resolve({ status: 'skipped', detail: `${count} more stores; name fewer manifests` }),
  }
}
