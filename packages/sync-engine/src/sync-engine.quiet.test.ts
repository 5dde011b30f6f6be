import { expect, it } from 'vitest'
import { engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { CountingClock } from './testing/source-pool-harness.ts'

/** Simulated hours, and resources. A nightly run takes an hour of 10,000. */
const HOURS = Number(process.env.SIMULATED_HOURS ?? 0.2)
const RESOURCES = Number(process.env.QUIET_RESOURCES ?? 300)
const NAMES = Array.from({ length: RESOURCES }, (_, index) => `app-${index}`)

it('makes no calls except reads while nothing changes', { timeout: 600_000 }, async () => {
  const clock = new CountingClock()
  const requests: string[] = []
  const fixture = engineFixture(Object.fromEntries(NAMES.map((name) => [name, 'one'])), {
    standby: true,
    clock,
    reporter: {
      writeStatus: async ({ name }) => void requests.push(`status ${name}`),
      recordEvent: ({ name }) => requests.push(`event ${name}`),
    },
    readOwner: async ({ name }) => {
      requests.push(`owner ${name}`)
      return { uid: `uid-${name}`, terminating: false }
    },
    observer: {
      synced: (key) => requests.push(`sync ${key}`),
      queueWaited: () => requests.push('work'),
    },
  })
  const { writer, backend } = fixture
  for (const name of NAMES) {
    fixture.upsert({ data: [{ key: name, name: 'password' }], target: { name } }, { name, uid: `uid-${name}` })
  }
  fixture.engine.start()
  await clock.advance(INTERVAL)
  await fixture.engine.idle()
  expect(requests.filter((request) => request.startsWith('status '))).toHaveLength(RESOURCES)
  requests.length = 0
  backend.reads.length = 0
  writer.observed.length = 0
  writer.actions.length = 0
  await clock.advance(HOURS * 3_600_000)
  expect(backend.reads).toHaveLength((RESOURCES * HOURS * 3_600_000) / INTERVAL)
  expect(requests).toEqual([])
  expect([...writer.actions, ...writer.observed]).toEqual([])
  // One timer for all sources.
  expect(clock.pending.size).toBe(1)
  expect(fixture.engine.stats()).toMatchObject({ queue: { waiting: 0, active: 0 }, sources: { holdingPlaintext: 0 } })
})
