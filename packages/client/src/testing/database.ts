import { type PostgresServer, startPostgres } from '@ack-secret-manager/debian/postgresql'
import { canary } from '@ack-secret-manager/test-support/canary'
import pg from 'pg'

/** A PostgreSQL with a user `app` and a table `orders` of three rows. */
export interface TestDatabase extends AsyncDisposable {
  readonly host: string
  /** As the administrator. */
  query(sql: string): Promise<pg.QueryResult>
  /** Gives the user a new password. @returns the document of the secret */
  setPassword(user?: string): Promise<string>
}

export async function startDatabase(): Promise<TestDatabase> {
  const server: PostgresServer = await startPostgres()
  const admin = new pg.Pool({ host: server.host, user: server.admin, database: 'postgres', max: 2 })
  let count = 0
  const query = (sql: string): Promise<pg.QueryResult> => admin.query(sql)
  await query(
    'create role app login; create role app2 login; create table orders (id int); insert into orders values (1), (2), (3)',
  )
  await query('grant select on orders to app, app2')
  return {
    host: server.host,
    query,
    setPassword: async (user = 'app') => {
      count += 1
      const password = canary(`database-password-${count}`)
      await query(`alter role ${user} password '${password}'`)
      return JSON.stringify({ user, password })
    },
    [Symbol.asyncDispose]: async () => {
      await admin.end()
      await server[Symbol.asyncDispose]()
    },
  }
}
