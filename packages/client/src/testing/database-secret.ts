import pg from 'pg'
import { onTestFinished } from 'vitest'
import type { SecretClient } from '../secret-client.ts'
import type { ConnectOptions, SecretConnection } from '../secret-connection.ts'
import type { SecretVersion } from '../secret-version.ts'
import { startDatabase, type TestDatabase } from './database.ts'
import { startTestKms, type TestKms } from './kms.ts'

const NAME = 'shop/db'

/** User and password of a secret of a database. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

/** A PostgreSQL whose passwords are in the secret `shop/db` of a simulator of KMS. */
export class DatabaseSecret implements AsyncDisposable {
  readonly name = NAME
  readonly kms: TestKms
  readonly database: TestDatabase
  /** Pools that were closed. */
  readonly ended = new Set<pg.Pool>()

  private constructor(kms: TestKms, database: TestDatabase) {
    this.kms = kms
    this.database = database
  }

  static async start(): Promise<DatabaseSecret> {
    const seed = { secrets: [{ name: NAME, versions: [{ id: 'v0', data: '{}' }] }] }
    return new DatabaseSecret(...(await Promise.all([startTestKms(seed), startDatabase()])))
  }

  /** A new password of `app`, no fault, and no call counted. */
  async reset(): Promise<void> {
    await this.kms.control('DELETE', '/faults')
    await this.rotate()
    await this.kms.control('DELETE', '/calls')
  }

  /** Changes the password in the database, and then the secret. */
  async rotate(user?: string): Promise<void> {
    await this.kms.put(NAME, await this.database.setPassword(user))
  }

  /** A pool whose connections are used once, so that each query logs in. */
  readonly openPool = (version: SecretVersion): pg.Pool => {
    const { user, password } = version.json<Credentials>()
    const pool = new pg.Pool({ host: this.database.host, database: 'postgres', user, password, max: 20, maxUses: 1 })
    const end = pool.end.bind(pool)
    pool.end = async () => {
      this.ended.add(pool)
      await end()
    }
    return pool
  }

  /** A client that is closed after the test. */
  client(refreshIntervalMs = 3_600_000, random = Math.random): SecretClient {
    const client = this.kms.client({ refreshIntervalMs, random })
    onTestFinished(() => client.close())
    return client
  }

  connect(client: SecretClient, options?: ConnectOptions<pg.Pool>): Promise<SecretConnection<pg.Pool>> {
    return client.connect(NAME, this.openPool, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.kms[Symbol.asyncDispose](), this.database[Symbol.asyncDispose]()])
  }
}

/** Logs in. */
export function query(db: SecretConnection<pg.Pool>): Promise<unknown> {
  return db.use((pool) => pool.query('select 1'))
}
