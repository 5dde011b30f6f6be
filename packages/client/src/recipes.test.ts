import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { startRedis } from '@ack-secret-manager/debian/redis'
import { canary } from '@ack-secret-manager/test-support/canary'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { Redis } from 'ioredis'
import { expect, it, onTestFinished } from 'vitest'
import { loadAppConfig } from './recipes/c12.example.ts'
import { createApp } from './recipes/hono.example.ts'
import { openCache, visits } from './recipes/ioredis.example.ts'
import { startTestKms } from './recipes/simulator.example.ts'

// The packages of Debian run on Linux only.
it.runIf(process.platform === 'linux')(
  'ioredis: no error when the password changes, in KMS after the server',
  async () => {
    const [first, second] = [canary('redis-1'), canary('redis-2')]
    await using server = await startRedis(first)
    await using test = await startTestKms({ 'shop/redis': first })
    await using cache = await openCache(test.kms, server.path)
    expect(await visits(cache)).toBe(1)
    const admin = new Redis({ path: server.path, password: first })
    onTestFinished(() => admin.disconnect())
    await admin.config('SET', 'requirepass', second)
    const old = cache.current
    // Redis keeps authenticated connections, so this one is lost.
    const lost = once(old, 'close')
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await lost
    const visiting = visits(cache)
    await test.put('shop/redis', second)
    expect(await visiting).toBe(2)
    expect(cache.current).not.toBe(old)
  },
)

it('hono: the current token, and a health check that fails only without a value', async () => {
  const [first, second] = [canary('token-1'), canary('token-2')]
  await using test = await startTestKms({ 'shop/api-token': first })
  const app = createApp(test.kms)
  const orders = async (token: string): Promise<number> =>
    (await app.request('/orders', { headers: { authorization: `Bearer ${token}` } })).status
  expect([await orders(first), await orders('wrong')]).toEqual([200, 401])
  await test.put('shop/api-token', second)
  for await (const version of test.kms.watch('shop/api-token')) if (version.text() === second) break
  expect([await orders(first), await orders(second)]).toEqual([401, 200])
  const health = async (checked = app): Promise<[number, string]> => {
    const response = await checked.request('/healthz')
    return [response.status, await response.text()]
  }
  expect(await health()).toEqual([200, 'ok'])
  await test.fail('http503')
  while (test.kms.status()[0]?.error === undefined) await new Promise((resolve) => setTimeout(resolve, 20))
  // The last value is still good.
  expect([await health(), await orders(second)]).toEqual([[200, 'ok'], 200])
  await using empty = await startTestKms({})
  expect(await health(createApp(empty.kms))).toEqual([503, 'no token'])
})

it('c12: the values of KMS win over files', async () => {
  const cwd = await directoryOfTest()
  await writeFile(path.join(cwd, 'shop.config.json'), '{"port":9090,"mail":{"password":"of the file"}}')
  const password = canary('mail')
  await using test = await startTestKms({ 'shop/mail': JSON.stringify({ host: 'smtp.example', password }) })
  expect(await loadAppConfig(test.kms, cwd)).toEqual({ port: 9090, mail: { host: 'smtp.example', password } })
})

it('the guide shows exactly these recipes', async () => {
  const guide = await readFile(new URL('../../../docs/guides/client.md', import.meta.url), 'utf8')
  const shown = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block)
  for (const name of ['pg', 'ioredis', 'hono', 'c12', 'simulator']) {
    expect(shown).toContain(await readFile(new URL(`recipes/${name}.example.ts`, import.meta.url), 'utf8'))
  }
})
