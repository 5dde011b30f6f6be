import { SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { withStartupDenials } from './startup-denials.ts'

const request = { namespace: 'prod', name: 'web', audiences: [], signal: new AbortController().signal }
const denied = new SecretSyncError('Unauthenticated', 'grant create', { facts: { httpStatus: 403 } })
const missing = new SecretSyncError('NotFound', 'no ServiceAccount')

it('counts denials as an outage for 30 s, if a token was issued before', async () => {
  const clock = new ManualClock()
  let error: SecretSyncError | undefined = denied
  const token = withStartupDenials(async () => {
    if (error) throw error
    return 'token'
  }, clock)
  await expect(token(request)).rejects.toBe(denied)
  for (let outage = 0; outage < 2; outage += 1) {
    error = undefined
    expect(await token(request)).toBe('token')
    error = denied
    const unavailable = { code: 'Unavailable', message: denied.message, facts: denied.facts }
    await expect(token(request)).rejects.toMatchObject(unavailable)
    await clock.advance(29_999)
    await expect(token(request)).rejects.toMatchObject(unavailable)
    await clock.advance(1)
    await expect(token(request)).rejects.toBe(denied)
  }
  error = missing
  await expect(token(request)).rejects.toBe(missing)
})
