import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { countOrders, openDatabase } from './recipes/pg.example.ts'
import type { SecretVersion } from './secret-version.ts'
import { type Credentials, DatabaseSecret, query } from './testing/database-secret.ts'

const secret = useFixture(() => DatabaseSecret.start())
beforeEach(() => secret.reset())

// The packages of Debian run on Linux only.
describe.runIf(process.platform === 'linux')('a connection', () => {
  it('reads again once and opens once for 20 concurrent callers', async () => {
    const opened: SecretVersion[] = []
    const client = secret.client()
    await using db = await client.connect(secret.name, (version) => {
      opened.push(version)
      return secret.openPool(version)
    })
    await query(db)
    const before = await secret.kms.reads()
    await secret.rotate()
    await Promise.all(Array.from({ length: 20 }, () => query(db)))
    expect([opened.length, (await secret.kms.reads()) - before]).toEqual([2, 1])
  })

  it('is replaced in the background when the secret changes, and closes the old pool after its work', async () => {
    const client = secret.client(300)
    await using db = await secret.connect(client)
    const first = db.current
    const { version } = db
    let finish: () => void = () => undefined
    const slow = db.use(async (pool) => {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      return pool.query('select 1')
    })
    await secret.rotate('app2')
    while (db.version.equals(version)) await pause(20)
    expect(db.current).not.toBe(first)
    expect(secret.ended.has(first)).toBe(false)
    finish()
    await slow
    while (!secret.ended.has(first)) await pause(20)
  })

  it('closes a replaced pool after drainMs although it is used', async () => {
    const client = secret.client(300)
    await using db = await secret.connect(client, { drainMs: 200 })
    const first = db.current
    const stuck = db.use(() => new Promise(() => undefined))
    await secret.rotate('app2')
    while (!secret.ended.has(first)) await pause(20)
    void stuck
  })

  it('keeps the pool while a new version cannot be opened, and tries again', async () => {
    const errors: unknown[] = []
    let isBroken = true
    const client = secret.client(300)
    const open = (version: SecretVersion): pg.Pool => {
      if (version.json<Credentials>().user === 'app2' && isBroken) throw new Error('not yet')
      return secret.openPool(version)
    }
    await using db = await client.connect(secret.name, open, { onError: (error) => void errors.push(error) })
    const { version } = db
    await secret.rotate('app2')
    while (errors.length === 0) await pause(20)
    await query(db)
    isBroken = false
    while (db.version.equals(version)) await pause(20)
  })

  it('fails with the error of the driver if KMS has no newer version, and asks seldom', async () => {
    // Pauses of 100, 200 and 400 ms: three reads in the window.
    const client = secret.client(undefined, () => 0.5)
    await using db = await secret.connect(client, { rotationWindowMs: 500 })
    await secret.database.setPassword()
    const before = await secret.kms.reads()
    for (let call = 0; call < 5; call += 1) await expect(query(db)).rejects.toMatchObject({ code: '28P01' })
    expect((await secret.kms.reads()) - before).toBeLessThan(8)
  })

  it('fails with the error of the driver while KMS is away', async () => {
    const client = secret.client()
    await using db = await secret.connect(client, { rotationWindowMs: 300 })
    await secret.rotate()
    await secret.kms.control('POST', '/faults', { fault: 'http503' })
    await expect(query(db)).rejects.toMatchObject({ code: '28P01' })
    await secret.kms.control('DELETE', '/faults')
    await vi.waitFor(() => query(db), { timeout: 100_000, interval: 100 })
  })

  it('passes other errors on, without a read', async () => {
    const client = secret.client()
    await using db = await secret.connect(client)
    const before = await secret.kms.reads()
    await expect(db.use((pool) => pool.query('select nothing'))).rejects.toMatchObject({ code: '42703' })
    expect(await secret.kms.reads()).toBe(before)
  })

  it('opens with the newer version if the cached one is rejected', async () => {
    const client = secret.client()
    await client.read(secret.name)
    await secret.rotate()
    const verified = async (version: SecretVersion): Promise<pg.Pool> => {
      const pool = secret.openPool(version)
      await pool.query('select 1').catch(async (error: unknown) => {
        await pool.end()
        throw error
      })
      return pool
    }
    await using db = await client.connect(secret.name, verified)
    await query(db)
  })

  it('is closed with its client', async () => {
    const client = secret.client()
    const db = await secret.connect(client)
    const pool = db.current
    await client.close()
    expect(secret.ended.has(pool)).toBe(true)
    await expect(query(db)).rejects.toThrow('the secret connection is closed')
    await expect(secret.connect(client)).rejects.toThrow('the secret client is closed')
  })

  it('works as in the recipe', async () => {
    const client = secret.client()
    await using db = await openDatabase(client, secret.database.host)
    expect(await countOrders(db)).toBe(3)
    await secret.rotate()
    await secret.database.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'")
    while ((await countOrders(db).catch(() => 0)) !== 3) await pause(20)
    expect(await countOrders(db)).toBe(3)
  })
})
