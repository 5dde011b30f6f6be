import type { SecretClient, SecretConnection } from '@ack-secret-manager/client'
import pg from 'pg'

/** A pool of 20 connections that is replaced at each rotation. */
export function openDatabase(kms: SecretClient, host: string): Promise<SecretConnection<pg.Pool>> {
  return kms.connect('shop/db', (version) => {
    const { user, password } = version.json<{ user: string; password: string }>()
    const pool = new pg.Pool({ host, database: 'postgres', user, password, max: 20 })
    // Without a listener, a lost idle connection ends the process.
    pool.on('error', (error) => console.error(`idle connection lost: ${error.message}`))
    return pool
  })
}

/** A query or a transaction. */
export async function countOrders(db: SecretConnection<pg.Pool>): Promise<number> {
  const { rows } = await db.use((pool) => pool.query<{ count: number }>('select count(*)::int as count from orders'))
  return rows[0]?.count ?? 0
}
