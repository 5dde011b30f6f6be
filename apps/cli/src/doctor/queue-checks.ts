import {
  type CredentialProvider,
  defined,
  isSecretSyncError,
  messageWithRequestId,
  type ProxyRoutes,
  type SecretSyncError,
} from '@ack-secret-manager/core'
import { type QueueArn, type QueueAttributes, SmqQueue } from '@ack-secret-manager/hint-source-smq'
import type { Check, Finding } from './check.ts'
import { clockRefusal } from './clock-refusal.ts'
import { reachedId } from './network/network-checks.ts'

const TIMEOUT_MS = 15_000
/** More waiting messages than an operator that works leaves behind. */
const BACKLOG = 1_000
/** A receipt handle that SMQ never issues: deleting it shows the permission, and deletes nothing. */
const NO_HANDLE = 'doctor'

/** Options of {@link queueChecks}. */
export interface QueueChecksOptions {
  readonly queues: readonly CheckedQueue[]
  readonly provider: CredentialProvider | undefined
  readonly proxy: ProxyRoutes | undefined
  /** Ids of the checks of the provider. */
  readonly needs: readonly string[]
}

/** A queue of `--hint-queue`. */
export interface CheckedQueue {
  readonly queue: QueueArn
  /** `HOST[:PORT]` of SMQ. */
  readonly endpoint: string
}

/** Whether queues of hints exist, and whether the identity may receive from them. */
export function queueChecks({ queues, provider, proxy, needs }: QueueChecksOptions): readonly Check[] {
  return queues.map(({ queue, endpoint }) => ({
    id: `queue.${queue.region}.${queue.name}`,
    section: 'Queues',
    title: `Queue ${queue.name}`,
    needs: [...needs, reachedId(endpoint)],
    timeoutMs: TIMEOUT_MS,
    action: 'Check SMQ at this endpoint, or set --hint-endpoint',
    run: async (signal) => {
      if (provider === undefined) return { status: 'skipped', detail: 'there is no RAM identity to ask with' }
      await using smq = new SmqQueue({ queue, endpoint, provider, ...defined({ proxy }) })
      return await queueFindings(smq, provider.identity.description, signal)
    },
  }))
}

async function queueFindings(smq: SmqQueue, identity: string, signal: AbortSignal): Promise<readonly Finding[]> {
  const title = `Queue ${smq.queue.name}`
  const state = await failureOf(smq.attributes({ signal }), (attributes) => stateFinding(attributes, title))
  if (isSecretSyncError(state) && state.code === 'NotFound') {
    return [
      { status: 'failed', title, detail: messageWithRequestId(state), action: 'Create the queue, or correct its ARN' },
    ]
  }
  const permission = { identity, queue: smq.queue.name }
  return [
    // Receiving does not need it.
    isSecretSyncError(state) ? deniedOr(state, () => ({ status: 'skipped', title, detail: state.message })) : state,
    await permissionFinding('receive', permission, smq.receive({ waitSeconds: 0, max: 1, signal })),
    await permissionFinding('delete', permission, smq.delete([NO_HANDLE], { signal })),
  ]
}

function stateFinding({ activeMessages, inactiveMessages }: QueueAttributes, title: string): Finding {
  const detail = `${activeMessages} messages wait, ${inactiveMessages} were received and not deleted`
  if (activeMessages < BACKLOG) return { status: 'ok', title, detail }
  return {
    status: 'failed',
    title,
    detail,
    action: 'Start an operator with this queue; the log of one that works says "Receiving hints from"',
    blocks: false,
  }
}

async function permissionFinding(
  verb: 'receive' | 'delete',
  { identity, queue }: { readonly identity: string; readonly queue: string },
  call: Promise<unknown>,
): Promise<Finding> {
  const title = `Permission to ${verb} messages of ${queue}`
  const result = await failureOf(call, (): Finding => ({ status: 'ok', title, detail: `${identity} may` }))
  if (!isSecretSyncError(result)) return result
  if (result.facts.remoteCode === 'ReceiptHandleError') return { status: 'ok', title, detail: `${identity} may` }
  return deniedOr(result, () => ({
    status: 'failed',
    title,
    detail: messageWithRequestId(result),
    action: `Attach the policy of the guide to push refresh to ${identity}`,
    ...clockRefusal(result),
  }))
}

/** The finding of a denied call. @throws every other error */
function deniedOr(error: SecretSyncError, finding: () => Finding): Finding {
  if (error.code !== 'AccessDenied') throw error
  return finding()
}

async function failureOf<T>(call: Promise<T>, finding: (result: T) => Finding): Promise<Finding | SecretSyncError> {
  try {
    return finding(await call)
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    return error
  }
}
