import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { countOrders, openDatabase } from './recipes/pg.example.ts'
import type { SecretClient } from './secret-client.ts'
import type { ConnectOptions, SecretConnection } from './secret-connection.ts'
import type { SecretVersion } from './secret-version.ts'
import { startDatabase, type TestDatabase } from './testing/database.ts'
import { startTestKms, type TestKms } from './testing/kms.ts'

const NAME = 'shop/db'
/** The packages of Debian run on Linux only. */
const IS_LINUX = process.platform === 'linux'

let kms: TestKms
let database: TestDatabase
beforeAll(async () => {
  ;[kms, database] = await Promise.all([
    startTestKms({ secrets: [{ name: NAME, versions: [{ id: 'v0', data: '{}' }] }] }),
    startDatabase(),
  ])
})
afterAll(() => Promise.all([kms[Symbol.asyncDispose](), database[Symbol.asyncDispose]()]))
beforeEach(async () => {
  await kms.control('DELETE', '/faults')
  await kms.put(NAME, await database.setPassword())
  await kms.control('DELETE', '/calls')
})

interface Credentials {
  readonly user: string
  readonly password: string
}

const ended = new Set<pg.Pool>()

/** A pool whose connections are used once, so that each query logs in. */
function openPool(version: SecretVersion): pg.Pool {
  const { user, password } = version.json<Credentials>()
  const pool = new pg.Pool({ host: database.host, database: 'postgres', user, password, max: 20, maxUses: 1 })
  const end = pool.end.bind(pool)
  pool.end = async () => {
    ended.add(pool)
    await end()
  }
  return pool
}

function newClient(refreshIntervalMs = 3_600_000, random = Math.random): SecretClient {
  const client = kms.client({ refreshIntervalMs, random })
  onTestFinished(() => client.close())
  return client
}

const connect = (client: SecretClient, options?: ConnectOptions<pg.Pool>): Promise<SecretConnection<pg.Pool>> =>
  client.connect(NAME, openPool, options)
const query = (db: SecretConnection<pg.Pool>): Promise<unknown> => db.use((pool) => pool.query('select 1'))

describe.runIf(IS_LINUX)('a pool of 20 connections', () => {
  it('sees no error in rotations that change the database first', async () => {
    const db = await connect(newClient())
    const errors: unknown[] = []
    const end = new AbortController()
    const done = { queries: 0 }
    const worker = async (): Promise<void> => {
      while (!end.signal.aborted) {
        await query(db).catch((error: unknown) => errors.push(error))
        done.queries += 1
      }
    }
    const workers = Array.from({ length: 20 }, worker)
    for (let rotation = 0; rotation < 3; rotation += 1) {
      const enough = done.queries + 100
      const secret = await database.setPassword()
      // The managed rotation of KMS moves ACSCurrent after it has set the password.
      await pause(300)
      await kms.put(NAME, secret)
      while (done.queries < enough) await pause(20)
    }
    end.abort()
    await Promise.all(workers)
    expect(errors).toEqual([])
    expect(await kms.reads()).toBeLessThan(40)
  })

  it('sees no error in a rotation between two users', async () => {
    const db = await connect(newClient(1_000))
    const { version } = db
    await kms.put(NAME, await database.setPassword('app2'))
    while (db.version.equals(version)) {
      await query(db)
      await pause(20)
    }
    const { rows } = await db.use((pool) => pool.query<{ who: string }>('select current_user as who'))
    expect(rows).toEqual([{ who: 'app2' }])
  })

  it('fails without the client: each login after the rotation', async () => {
    const client = newClient()
    const pool = openPool(await client.read(NAME))
    await database.setPassword()
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => pool.query('select 1')))
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(20)
    await pool.end()
  })
})

describe.runIf(IS_LINUX)('a connection', () => {
  it('reads again once and opens once for 20 concurrent callers', async () => {
    const opened: SecretVersion[] = []
    const client = newClient()
    await using db = await client.connect(NAME, (version) => {
      opened.push(version)
      return openPool(version)
    })
    await query(db)
    const before = await kms.reads()
    await kms.put(NAME, await database.setPassword())
    await Promise.all(Array.from({ length: 20 }, () => query(db)))
    expect([opened.length, (await kms.reads()) - before]).toEqual([2, 1])
  })

  it('is replaced in the background when the secret changes, and closes the old pool after its work', async () => {
    const client = newClient(300)
    await using db = await connect(client)
    const first = db.current
    const { version } = db
    let finish: () => void = () => undefined
    const slow = db.use(async (pool) => {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      return pool.query('select 1')
    })
    await kms.put(NAME, await database.setPassword('app2'))
    while (db.version.equals(version)) await pause(20)
    expect(db.current).not.toBe(first)
    expect(ended.has(first)).toBe(false)
    finish()
    await slow
    while (!ended.has(first)) await pause(20)
  })

  it('closes a replaced pool after drainMs although it is used', async () => {
    const client = newClient(300)
    await using db = await connect(client, { drainMs: 200 })
    const first = db.current
    const stuck = db.use(() => new Promise(() => undefined))
    await kms.put(NAME, await database.setPassword('app2'))
    while (!ended.has(first)) await pause(20)
    void stuck
  })

  it('keeps the pool while a new version cannot be opened, and tries again', async () => {
    const errors: unknown[] = []
    let isBroken = true
    const client = newClient(300)
    const open = (version: SecretVersion): pg.Pool => {
      if (version.json<Credentials>().user === 'app2' && isBroken) throw new Error('not yet')
      return openPool(version)
    }
    await using db = await client.connect(NAME, open, { onError: (error) => void errors.push(error) })
    const { version } = db
    await kms.put(NAME, await database.setPassword('app2'))
    while (errors.length === 0) await pause(20)
    await query(db)
    isBroken = false
    while (db.version.equals(version)) await pause(20)
  })

  it('fails with the error of the driver if KMS has no newer version, and asks seldom', async () => {
    // Pauses of 100, 200 and 400 ms: three reads in the window.
    const client = newClient(undefined, () => 0.5)
    await using db = await connect(client, { rotationWindowMs: 500 })
    await database.setPassword()
    const before = await kms.reads()
    for (let call = 0; call < 5; call += 1) await expect(query(db)).rejects.toMatchObject({ code: '28P01' })
    expect((await kms.reads()) - before).toBeLessThan(8)
  })

  it('fails with the error of the driver while KMS is away', async () => {
    const client = newClient()
    await using db = await connect(client, { rotationWindowMs: 300 })
    await kms.put(NAME, await database.setPassword())
    await kms.control('POST', '/faults', { fault: 'http503' })
    await expect(query(db)).rejects.toMatchObject({ code: '28P01' })
    await kms.control('DELETE', '/faults')
    await vi.waitFor(() => query(db), { timeout: 100_000, interval: 100 })
  })

  it('passes other errors on, without a read', async () => {
    const client = newClient()
    await using db = await connect(client)
    const before = await kms.reads()
    await expect(db.use((pool) => pool.query('select nothing'))).rejects.toMatchObject({ code: '42703' })
    expect(await kms.reads()).toBe(before)
  })

  it('opens with the newer version if the cached one is rejected', async () => {
    const client = newClient()
    await client.read(NAME)
    await kms.put(NAME, await database.setPassword())
    const verified = async (version: SecretVersion): Promise<pg.Pool> => {
      const pool = openPool(version)
      await pool.query('select 1').catch(async (error: unknown) => {
        await pool.end()
        throw error
      })
      return pool
    }
    await using db = await client.connect(NAME, verified)
    await query(db)
  })

  it('is closed with its client', async () => {
    const client = newClient()
    const db = await connect(client)
    const pool = db.current
    await client.close()
    expect(ended.has(pool)).toBe(true)
    await expect(query(db)).rejects.toThrow('the secret connection is closed')
    await expect(connect(client)).rejects.toThrow('the secret client is closed')
  })

  it('works as in the recipe', async () => {
    const client = newClient()
    await using db = await openDatabase(client, database.host)
    expect(await countOrders(db)).toBe(3)
    await kms.put(NAME, await database.setPassword())
    await database.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'")
    while ((await countOrders(db).catch(() => 0)) !== 3) await pause(20)
    expect(await countOrders(db)).toBe(3)
  })
})
