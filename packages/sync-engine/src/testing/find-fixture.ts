import { SecretSyncError, type StoreQuery, type StoreResolution } from '@ack-secret-manager/core'
import type { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import type { SyncEngineOptions } from '../sync-engine-options.ts'
import { engineFixture } from './engine-fixture.ts'
import { connectionOf } from './fixtures.ts'
import { ListingManager } from './listing-manager.ts'

/** Longer than the second read of a secret that is not found. */
export const CONFIRMED = 20_000
export const find = (conditions: object, more: object = {}) => ({ dataFrom: [{ find: conditions, ...more }] })
export const APP = find({ path: 'app' }, { rewrite: [{ source: '^app/' }] })
export const byTag = (tags: object = { team: 'web' }) => find({ tags })

export interface FindFixtureOptions {
  readonly allows?: (name: string) => boolean
  readonly writer?: MemoryWriter
  readonly manager?: ListingManager
  readonly error?: SecretSyncError
  readonly sharing?: SyncEngineOptions['sharing']
}

/** An engine whose store lists the secrets of a manager, as far as the store allows them. */
export function findFixture(
  names: readonly string[],
  { allows = () => true, writer, manager, error, sharing }: FindFixtureOptions = {},
) {
  const kms = manager ?? new ListingManager(names)
  const refused = { current: error }
  const resolveStore = ({ secret }: StoreQuery): StoreResolution => {
    if (refused.current) return { kind: 'error', error: refused.current }
    if (secret !== undefined && !allows(secret)) {
      return { kind: 'error', error: new SecretSyncError('StoreNotAllowed', `not allowed: ${secret}`) }
    }
    return { kind: 'ready', connection: connectionOf(kms.backend) }
  }
  const fixture = engineFixture({}, { resolveStore, ...(writer && { writer }), ...(sharing && { sharing }) })
  const { clock, statuses } = fixture
  const sync = async (spec: object, more = {}): Promise<void> => {
    fixture.upsert(spec, more)
    await clock.advance(5_000)
  }
  return { ...fixture, kms, refused, sync, status: () => statuses.at(-1), keys: () => fixture.writer.textsOf('web') }
}
