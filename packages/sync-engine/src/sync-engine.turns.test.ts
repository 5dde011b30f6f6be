import { ManualClock } from '@ack-secret-manager/core/testing'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { afterEach, expect, it } from 'vitest'
import { RateLimits } from './sources/read-queue/rate-limit.ts'
import { SyncEngine } from './sync-engine.ts'
import { connectionOf, digester, mapBackend, resourceOf, specOf, valueOf } from './testing/fixtures.ts'

let close: (() => Promise<void>) | undefined
afterEach(async () => close?.())

const DOCUMENTS = 60
const NAMES = Array.from({ length: DOCUMENTS }, (_, index) => `hostile-${index}`)
/** YAML that is slow to parse and invalid at its end. */
const HOSTILE = `${'- 1\n'.repeat(1_000)}]`

it('syncs a neighbour while one resource parses many slow documents', async () => {
  const reported: string[] = []
  let turns = 0
  const backend = mapBackend(
    new Map([...NAMES.map((name) => [name, valueOf(HOSTILE)] as const), ['app', valueOf('one')]]),
  )
  let finish = (): void => undefined
  const done = new Promise<void>((resolve) => (finish = resolve))
  const engine = new SyncEngine({
    writer: new MemoryWriter(digester),
    digester,
    clock: new ManualClock(),
    random: () => 0.5,
    resolveStore: () => ({ kind: 'ready', connection: connectionOf(backend) }),
    defaults: { intervalMs: 120_000, disablePolling: false },
    sources: { rateLimits: new RateLimits({ qps: 0 }) },
    reporter: {
      writeStatus: ({ namespace }, { conditions }) => {
        reported.push(`${namespace} ${conditions[0]?.reason}`)
        if (namespace === 'hostile') finish()
        return Promise.resolve()
      },
      recordEvent: () => undefined,
    },
  })
  close = () => engine.close()
  engine.start()
  const resource = (namespace: string, spec: unknown) => resourceOf(specOf(spec), { namespace, uid: namespace })
  engine.upsert(resource('hostile', { dataProcess: NAMES.map((key) => ({ extract: { key } })) }))
  const count = (): void => {
    turns += 1
    // The neighbour arrives while documents are being parsed.
    if (turns === 5) engine.upsert(resource('neighbour', { data: [{ key: 'app', name: 'password' }] }))
    if (reported.length < 2) setImmediate(count)
  }
  setImmediate(count)
  await done
  expect(reported).toEqual(['neighbour Synced', 'hostile NotADocument'])
  expect(turns).toBeGreaterThanOrEqual(DOCUMENTS)
})
