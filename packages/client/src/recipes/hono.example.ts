import { createHash, timingSafeEqual } from 'node:crypto'
import type { SecretClient } from '@ack-secret-manager/client'
import { Hono } from 'hono'
import { bearerAuth } from 'hono/bearer-auth'

/** An API with the current token of KMS, and a health check. */
export function createApp(kms: SecretClient): Hono {
  const app = new Hono()
  // A cached value: no call of KMS per request. While KMS is away, it is the last value, until it is older than `maxStaleMs`.
  const currentToken = (): Promise<string> => kms.text('shop/api-token')
  app.get('/healthz', async (context) => {
    try {
      await currentToken()
      return context.text('ok')
    } catch {
      // The error names the identity and the endpoint, which are for the log.
      return context.text('no token', 503)
    }
  })
  // Digests have the same length, as timingSafeEqual needs.
  const verifyToken = async (token: string): Promise<boolean> =>
    timingSafeEqual(digest(token), digest(await currentToken()))
  app.use('/orders', bearerAuth({ verifyToken }))
  app.get('/orders', (context) => context.json([1, 2, 3]))
  return app
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
