import { reasonOf } from '@ack-secret-manager/core'
import { type SecretStoreStatus, secretStoreStatusSchema } from '@ack-secret-manager/resources'
import type { StoreState } from '@ack-secret-manager/stores'
import { isDeepStrictEqual } from 'node:util'

/** The status of a store, or undefined where the old one still says it. Pure. */
export function secretStoreStatus(
  state: StoreState,
  generation: number,
  old: unknown,
  nowMs: number,
): SecretStoreStatus | undefined {
  const before = secretStoreStatusSchema.safeParse(old).data?.conditions.find(({ type }) => type === 'Ready')
  const facts = state.ready
    ? { status: 'True' as const, reason: 'Ready', message: `reads from ${state.endpoint} as ${state.identity}` }
    : { status: 'False' as const, reason: reasonOf(state.error.code), message: state.error.message.slice(0, 1024) }
  const condition = { type: 'Ready', ...facts, observedGeneration: generation }
  const { lastTransitionTime, ...comparable } = before ?? {}
  if (isDeepStrictEqual(comparable, condition)) return undefined
  const time =
    (before?.status === facts.status ? lastTransitionTime : undefined) ??
    new Date(nowMs).toISOString().replace(/\.\d{3}Z$/, 'Z')
  return { conditions: [{ ...condition, lastTransitionTime: time }], capabilities: state.ready ? ['read'] : [] }
}
