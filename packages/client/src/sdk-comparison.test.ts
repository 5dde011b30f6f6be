import { readFile } from 'node:fs/promises'
import tls from 'node:tls'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { SdkDatabase } from './recipes/pg-with-sdk.example.ts'
import { startDatabase, type TestDatabase } from './testing/database.ts'
import { KEY_ENV, startTestKms, type TestKms } from './testing/kms.ts'

const NAME = 'shop/db'

/** Lines that are neither empty nor a comment. */
async function linesOf(recipe: string): Promise<number> {
  const text = await readFile(new URL(`recipes/${recipe}.example.ts`, import.meta.url), 'utf8')
  return text.split('\n').filter((line) => !/^\s*(?:$|\/\/|\/\*|\*)/.test(line)).length
}

it('the README compares the lines of the two recipes', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const [, own, sdk] = /^\| lines of code for that pool +\| (\d+) +\| (\d+) +\|$/m.exec(readme) ?? []
  expect([Number(own), Number(sdk)]).toEqual([await linesOf('pg'), await linesOf('pg-with-sdk')])
})

// The packages of Debian run on Linux only.
describe.runIf(process.platform === 'linux')('the recipe with the SDK alone does the same', () => {
  const authorities = tls.getCACertificates('default')
  let kms: TestKms
  let database: TestDatabase
  let db: SdkDatabase
  beforeAll(async () => {
    ;[kms, database] = await Promise.all([
      startTestKms({ secrets: [{ name: NAME, versions: [{ id: 'v0', data: '{}' }] }] }),
      startDatabase(),
    ])
    // Each lost connection is reported.
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    tls.setDefaultCACertificates([...authorities, kms.simulator.caPem])
    for (const [name, value] of Object.entries(KEY_ENV)) vi.stubEnv(name, value)
    await kms.put(NAME, await database.setPassword())
    await kms.control('DELETE', '/calls')
    db = new SdkDatabase(new URL(kms.simulator.kms).host, database.host, 500)
  })
  afterAll(async () => {
    await db?.close()
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
    tls.setDefaultCACertificates(authorities)
    await Promise.all([kms?.[Symbol.asyncDispose](), database?.[Symbol.asyncDispose]()])
  })

  const query = (): Promise<unknown> => db.use((pool) => pool.query('select 1'))
  /** The next queries log in again. */
  const disconnectAll = async (): Promise<void> => {
    await database.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'")
    while ((await db.use(async (pool) => pool.totalCount)) > 0) await pause(10)
  }

  it('reads once for 20 callers', async () => {
    await Promise.all(Array.from({ length: 20 }, query))
    expect(await kms.reads()).toBeLessThan(3)
  })

  it('has no error in a rotation that changes the database first', async () => {
    const secret = await database.setPassword()
    await disconnectAll()
    const working = Promise.all(Array.from({ length: 20 }, query))
    await pause(300)
    await kms.put(NAME, secret)
    await working
    expect(await kms.reads()).toBeGreaterThan(1)
  })

  it('uses the last value while KMS is away', async () => {
    await kms.control('POST', '/faults', { fault: 'http503' })
    const before = await kms.reads()
    while ((await kms.reads()) < before + 2) {
      await query()
      await pause(50)
    }
    await disconnectAll()
    await Promise.all(Array.from({ length: 20 }, query))
    await kms.control('DELETE', '/faults')
  })
})
