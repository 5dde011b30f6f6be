import type { SecretClient } from '@ack-secret-manager/client'
import { Hono } from 'hono'
import { bearerAuth } from 'hono/bearer-auth'

/** An API with the current token of KMS, and a health check that shows how old it is. */
export function createApp(kms: SecretClient): Hono {
  const app = new Hono()
  app.get('/healthz', (context) => {
    const secrets = kms.status().map(({ name, confirmedAt, error }) => ({ name, confirmedAt, error: error?.message }))
    return context.json({ identity: kms.identity.description, secrets }, secrets.some(({ error }) => error) ? 503 : 200)
  })
  // A cached value: no call of KMS per request.
  const verifyToken = async (token: string): Promise<boolean> => token === (await kms.text('shop/api-token'))
  app.use('/orders', bearerAuth({ verifyToken }))
  app.get('/orders', (context) => context.json([1, 2, 3]))
  return app
}
