import { SecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { secretStoreStatus, type StoreNews } from './secret-store-status.ts'

const facts = { generation: 1, nowMs: 0, caller: undefined }
const refusal = (message: string) => ({
  ready: false as const,
  error: new SecretSyncError('Unauthenticated', message),
})

/** What the API server has after the patch. */
const patched = (news: StoreNews | undefined): unknown =>
  Object.fromEntries(Object.entries(news?.status ?? {}).filter(([, value]) => value !== null))

describe('a store that is refused again and again', () => {
  const first = secretStoreStatus(refusal('no such role (HTTP 404, request id 1a-2b)'), { ...facts, old: undefined })

  it('is told at first, with the id of the request', () => {
    expect(first?.events).toMatchObject([{ message: 'no such role (HTTP 404, request id 1a-2b)' }])
  })

  it('is not told again for another request', () => {
    const again = refusal('no such role (HTTP 404, request id 3c-4d)')
    expect(secretStoreStatus(again, { ...facts, old: patched(first) })).toBeUndefined()
  })

  it('is told anew for another reason', () => {
    const other = refusal('not allowed (HTTP 403, request id 3c-4d)')
    expect(secretStoreStatus(other, { ...facts, old: patched(first) })?.events).toMatchObject([
      { message: 'not allowed (HTTP 403, request id 3c-4d)' },
    ])
  })
})
