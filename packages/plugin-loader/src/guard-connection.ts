import {
  type AccessCheck,
  type BackendConnection,
  type Clock,
  type SecretBackend,
  SecretSyncError,
  withDeadline,
} from '@ack-secret-manager/core'
import { checkedError, printableMessage } from './check-error.ts'
import { checkedValue } from './check-result.ts'
import { guardBatches } from './guard-batches.ts'
import { guardList } from './guard-list.ts'

export interface GuardOptions {
  /** Name of the backend package. It becomes the kind of the connection. */
  readonly name: string
  readonly readTimeoutMs: number
  readonly closeTimeoutMs: number
  readonly clock: Clock
}

/**
 * Enforces the contract at run time: a hanging read times out, foreign errors lose their message, and a value without bytes or
 * version is rejected. @throws SecretSyncError `InvalidSpec` for a value that is not a connection, or for limits of batches that are none
 */
export function guardConnection(connection: unknown, options: GuardOptions): BackendConnection {
  if (connection instanceof Promise) {
    // Prevents an unhandled rejection, which would end the program.
    connection.catch(() => undefined)
    throw new SecretSyncError(
      'InvalidSpec',
      `the backend ${options.name} returned a promise of a connection: connect must not be asynchronous`,
    )
  }
  if (!isConnection(connection)) {
    throw new SecretSyncError(
      'InvalidSpec',
      `the backend ${options.name} returned no connection: key, quota and backend are required`,
    )
  }
  const { key, endpoint, quota, backend } = connection
  return {
    key,
    ...(typeof endpoint === 'string' && { endpoint }),
    kind: options.name,
    quota: {
      account: quota.account,
      region: quota.region,
      ...(typeof quota.endpoint === 'string' && { endpoint: quota.endpoint }),
    },
    backend: guardBackend(backend, options),
  }
}

function guardBackend(backend: SecretBackend, options: GuardOptions): SecretBackend {
  const { name, readTimeoutMs, closeTimeoutMs, clock } = options
  return {
    read: async (ref, { signal }) => {
      const what = `secret ${JSON.stringify(ref.name)} of the backend ${name}`
      try {
        const value = await withDeadline(async (stop) => backend.read(ref, { signal: stop }), {
          timeoutMs: readTimeoutMs,
          what,
          signal,
          clock,
        })
        return checkedValue(value, what)
      } catch (error) {
        throw checkedError(error, what)
      }
    },
    ...guardBatches(backend, options),
    ...guardList(backend, options),
    ...(backend.checkAccess === undefined
      ? {}
      : {
          checkAccess: async (ref, { signal }) => {
            const what = `access to secret ${JSON.stringify(ref.name)} of the backend ${name}`
            try {
              const check = await withDeadline(async (stop) => backend.checkAccess?.(ref, { signal: stop }), {
                timeoutMs: readTimeoutMs,
                what,
                signal,
                clock,
              })
              return checkedAccess(check, what)
            } catch (error) {
              throw checkedError(error, what)
            }
          },
        }),
    close: async () => {
      const what = `closing the backend ${name}`
      const { signal } = new AbortController()
      try {
        await withDeadline(async () => backend.close(), { timeoutMs: closeTimeoutMs, what, signal, clock })
      } catch (error) {
        throw checkedError(error, what)
      }
    },
  }
}

/** A malformed result must not count as a permission. */
function checkedAccess(check: Partial<AccessCheck> | null | undefined, what: string): AccessCheck {
  if (check?.allowed === true) return { allowed: true }
  if (check?.allowed === false && typeof check.message === 'string') {
    const { code } = check
    const isKnown = code === 'AccessDenied' || code === 'NotFound'
    return { allowed: false, message: printableMessage(check.message), ...(isKnown && { code }) }
  }
  throw new SecretSyncError('InvalidResponse', `${what}: the backend returned neither allowed nor denied`)
}

function isConnection(value: unknown): value is BackendConnection {
  if (typeof value !== 'object' || value === null) return false
  const { key, quota, backend } = value as Partial<BackendConnection>
  return (
    typeof key === 'string' &&
    typeof quota?.account === 'string' &&
    typeof quota.region === 'string' &&
    typeof backend?.read === 'function' &&
    typeof backend.close === 'function'
  )
}
