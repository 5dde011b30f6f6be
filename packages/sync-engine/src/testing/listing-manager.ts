import {
  type ErrorCode,
  type ListedSecret,
  type ListOptions,
  type SecretBackend,
  type SecretPage,
  SecretSyncError,
  type SecretValue,
} from '@ack-secret-manager/core'
import { valueOf } from './fixtures.ts'

/** A secret manager that lists its secrets in numbered pages, which shift when it changes. */
export class ListingManager {
  /** In the order of the list. */
  readonly secrets = new Map<
    string,
    { value: string; version?: string; tags?: Record<string, string>; isDeleted?: boolean }
  >()
  readonly reads: string[] = []
  /** Cursor of each page that was returned. */
  readonly pages: number[] = []
  pageSize = 3
  /** The next pages fail with these codes; undefined for one that succeeds. */
  readonly failures: (ErrorCode | undefined)[] = []
  /** Missing on the next page, although it exists. */
  hidden: string | undefined
  /** Secrets that may not be read. */
  readonly denied = new Set<string>()
  /** Called before each read. */
  beforeRead: (name: string) => void = () => undefined
  /** Called before each page. */
  beforePage: (page: number) => void = () => undefined

  constructor(names: readonly string[] = []) {
    for (const name of names) this.put(name)
  }

  put(name: string, tags?: Record<string, string>, value = `value of ${name}`): void {
    this.secrets.set(name, { value, ...(tags && { tags }) })
  }

  /** Number of sweeps: pages with number 1. */
  get sweeps(): number {
    return this.pages.filter((page) => page === 1).length
  }

  readonly backend: SecretBackend = {
    read: async ({ name }) => this.#read(name),
    list: async (options) => this.#list(options),
    close: async () => undefined,
  }

  #read(name: string): SecretValue {
    this.beforeRead(name)
    this.reads.push(name)
    if (this.denied.has(name)) throw new SecretSyncError('AccessDenied', `no permission for ${name}`)
    const secret = this.secrets.get(name)
    if (secret === undefined || secret.isDeleted === true) {
      throw new SecretSyncError('NotFound', `secret ${name} does not exist`)
    }
    return valueOf(secret.value, secret.version ?? secret.value)
  }

  #list({ cursor = '1', withTags }: ListOptions): SecretPage {
    const page = Number(cursor)
    this.beforePage(page)
    this.pages.push(page)
    const code = this.failures.shift()
    if (code !== undefined) throw new SecretSyncError(code, `listing: ${code}`)
    const all = [...this.secrets].map(([name, { tags = {}, isDeleted }]): ListedSecret => {
      return { name, ...(withTags && { tags }), ...(isDeleted === true && { isDeleted }) }
    })
    const onPage = all.slice((page - 1) * this.pageSize, page * this.pageSize)
    const isLast = onPage.length < this.pageSize
    const items = onPage.filter(({ name }) => name !== this.hidden)
    this.hidden = undefined
    return { items, total: all.length, ...(isLast ? {} : { next: String(page + 1) }) }
  }
}
