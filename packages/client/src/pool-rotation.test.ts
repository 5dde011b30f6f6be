import { setTimeout as pause } from 'node:timers/promises'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { beforeEach, describe, expect, it } from 'vitest'
import { DatabaseSecret, query } from './testing/database-secret.ts'

const secret = useFixture(() => DatabaseSecret.start())
beforeEach(() => secret.reset())

// The packages of Debian run on Linux only.
describe.runIf(process.platform === 'linux')('a pool of 20 connections', () => {
  it('sees no error in rotations that change the database first', async () => {
    const db = await secret.connect(secret.client())
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
      const document = await secret.database.setPassword()
      // The managed rotation of KMS moves ACSCurrent after it has set the password.
      await pause(300)
      await secret.kms.put(secret.name, document)
      while (done.queries < enough) await pause(20)
    }
    end.abort()
    await Promise.all(workers)
    expect(errors).toEqual([])
    expect(await secret.kms.reads()).toBeLessThan(40)
  })

  it('sees no error in a rotation between two users', async () => {
    const db = await secret.connect(secret.client(1_000))
    const { version } = db
    await secret.rotate('app2')
    while (db.version.equals(version)) {
      await query(db)
      await pause(20)
    }
    const { rows } = await db.use((pool) => pool.query<{ who: string }>('select current_user as who'))
    expect(rows).toEqual([{ who: 'app2' }])
  })

  it('fails without the client: each login after the rotation', async () => {
    const client = secret.client()
    const pool = secret.openPool(await client.read(secret.name))
    await secret.database.setPassword()
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => pool.query('select 1')))
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(20)
    await pool.end()
  })
})
