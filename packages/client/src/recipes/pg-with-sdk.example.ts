// What an application needs in place of `pg.example.ts` if it uses the SDK directly. The README of the package compares the two.
import credentials from '@alicloud/credentials'
import kms, { GetSecretValueRequest } from '@alicloud/kms20160120'
import { Config } from '@alicloud/rpc-client'
import { RuntimeOptions } from '@alicloud/tea-util'
import pg from 'pg'

// Node imports the exports of the SDK as its default, loaders with interop import the class.
const KmsClient: typeof kms.default = 'default' in kms ? kms.default : kms
const Credential: typeof credentials.default = 'default' in credentials ? credentials.default : credentials

const RETRY_MS = 2_000
const MAX_STALE_MS = 3_600_000
const ROTATION_WINDOW_MS = 10_000
const RUNTIME = new RuntimeOptions({ connectTimeout: 5_000, readTimeout: 10_000 })

interface OpenPool {
  readonly versionId: string
  readonly pool: pg.Pool
  users: number
}

/** A pool of 20 connections that is replaced at each rotation. */
export class SdkDatabase {
  readonly #kms: InstanceType<typeof KmsClient>
  readonly #host: string
  readonly #refreshMs: number
  #current: OpenPool | undefined
  #reading: Promise<OpenPool> | undefined
  #readAtMs = 0
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(endpoint: string, host: string, refreshMs = 120_000) {
    this.#kms = new KmsClient(new Config({ endpoint, credential: new Credential() }))
    this.#host = host
    this.#refreshMs = refreshMs
  }

  /** Runs a query or a transaction, once more if the password has changed. */
  async use<T>(work: (pool: pg.Pool) => Promise<T>): Promise<T> {
    const isStale = Date.now() - this.#readAtMs > MAX_STALE_MS
    const used = isStale ? await this.#refresh() : (this.#current ?? (await this.#refresh()))
    try {
      return await this.#counted(used, work)
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === '28P01')) throw error
      return this.#counted(await this.#newerThan(used, error), work)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#reading?.catch(() => undefined)
    clearTimeout(this.#timer)
    await this.#current?.pool.end()
  }

  /** All callers share one read. */
  #refresh(): Promise<OpenPool> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined))
    return this.#reading
  }

  async #read(): Promise<OpenPool> {
    clearTimeout(this.#timer)
    let delayMs = RETRY_MS
    try {
      const request = new GetSecretValueRequest({ secretName: 'shop/db' })
      const { versionId, secretData } = await this.#kms.getSecretValueEx(request, RUNTIME)
      this.#readAtMs = Date.now()
      delayMs = this.#refreshMs * (0.8 + 0.2 * Math.random())
      if (this.#current?.versionId !== versionId) this.#replace(this.#open(versionId, secretData))
      return this.#current as OpenPool
    } finally {
      this.#timer = setTimeout(() => void this.#refresh().catch(() => undefined), delayMs).unref()
    }
  }

  #open(versionId: string, secretData: string): OpenPool {
    const { user, password } = JSON.parse(secretData) as { user: string; password: string }
    const pool = new pg.Pool({ host: this.#host, database: 'postgres', user, password, max: 20 })
    pool.on('error', (error) => console.error(`idle connection lost: ${error.message}`))
    return { versionId, pool, users: 0 }
  }

  #replace(next: OpenPool): void {
    const old = this.#current
    this.#current = next
    if (old?.users === 0) void old.pool.end()
  }

  /** Closes a replaced pool after its last work, because waiting queries of a closed pool never end. */
  async #counted<T>(used: OpenPool, work: (pool: pg.Pool) => Promise<T>): Promise<T> {
    used.users += 1
    try {
      return await work(used.pool)
    } finally {
      used.users -= 1
      if (used.users === 0 && used !== this.#current) void used.pool.end()
    }
  }

  /** A rotation may change the database before KMS. */
  async #newerThan(rejected: OpenPool, error: Error): Promise<OpenPool> {
    for (const endMs = Date.now() + ROTATION_WINDOW_MS; Date.now() < endMs && !this.#isClosed;) {
      const next = this.#current === rejected ? await this.#refresh().catch(() => rejected) : this.#current
      if (next !== undefined && next !== rejected) return next
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    throw error
  }
}
