import { SecretSyncError } from '@ack-secret-manager/core'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { describe, expect, it } from 'vitest'
import { MAX_REPORT_WAIT_MS } from './queue/work-lanes.ts'
import { engineFixture, type EngineFixtureOptions, INTERVAL } from './testing/engine-fixture.ts'
import { digester, valueOf } from './testing/fixtures.ts'

const NAMES = Array.from({ length: 20 }, (_, index) => `app-${index}`)

/** An engine with one worker, and a resource for each name, which also reads `others`. */
function manyResources(options: EngineFixtureOptions = {}, others: readonly string[] = []) {
  const fixture = engineFixture(Object.fromEntries(NAMES.map((name) => [name, 'one'])), {
    standby: true,
    queue: { concurrency: 1 },
    ...options,
  })
  for (const name of NAMES) {
    const data = [{ key: name, name: 'password' }, ...others.map((key) => ({ key, name: key }))]
    fixture.upsert({ data, target: { name } }, { name, uid: `uid-${name}` })
  }
  return fixture
}

it('writes the Secrets of all resources before the first status, and then each status and event once', async () => {
  const written: number[] = []
  const reported: string[] = []
  const fixture = manyResources({
    reporter: {
      writeStatus: async ({ name }, { conditions }) => {
        written.push(fixture.writer.actions.length)
        reported.push(`${name} ${conditions[0]?.reason}`)
      },
    },
  })
  fixture.engine.start()
  await fixture.engine.idle()
  // The last resource of the queue has no other to wait for.
  expect(written).toEqual(NAMES.map(() => NAMES.length))
  expect(reported.toSorted()).toEqual(NAMES.map((name) => `${name} Synced`).toSorted())
  expect(fixture.eventReasons()).toEqual(NAMES.map(() => 'Synced'))
})

it('has no event for a new Secret if a hundred statuses wait before its status', async () => {
  const many = Array.from({ length: 120 }, (_, index) => `many-${index}`)
  const values = Object.fromEntries(many.map((name) => [name, 'one']))
  const fixture = engineFixture(values, { standby: true, queue: { concurrency: 1 } })
  for (const name of many)
    fixture.upsert({ data: [{ key: name, name: 'password' }], target: { name } }, { name, uid: `uid-${name}` })
  fixture.engine.start()
  await fixture.engine.idle()
  expect(fixture.statuses).toHaveLength(many.length)
  expect(fixture.eventReasons()).toHaveLength(100)
  for (const name of many) fixture.values.set(name, valueOf('two', 'v2'))
  await fixture.clock.advance(INTERVAL)
  // The history of a value is only in its events.
  expect(fixture.events.filter((event) => event.endsWith('version v2'))).toHaveLength(many.length)
})

it('reports only the latest outcome, and the write before it by its event', async () => {
  const reports: string[] = []
  const fixture = manyResources({
    reporter: { writeStatus: async ({ name }, { secrets }) => void reports.push(`${name} ${secrets[0]?.versionId}`) },
  })
  const [first = ''] = NAMES
  // Changes while the other resources are synced.
  fixture.values.set(NAMES[5] ?? '', () => {
    fixture.values.set(first, valueOf('two', 'v2'))
    fixture.engine.hint(first)
    return valueOf('one')
  })
  fixture.engine.start()
  await fixture.engine.idle()
  expect(fixture.writer.textsOf(first)).toEqual({ password: 'two' })
  expect(reports.filter((report) => report.startsWith(`${first} `))).toEqual([`${first} v2`])
  expect(reports).toHaveLength(NAMES.length)
})

it('repeats a report that fails, without another read of the secret or write of the Secret', async () => {
  let failures = 0
  const reports: string[] = []
  const fixture = manyResources({
    defaults: { disablePolling: true },
    reporter: {
      writeStatus: async ({ name }) => {
        if (name === NAMES[3] && (failures += 1) <= 3) throw new SecretSyncError('Unavailable', 'no response')
        reports.push(name)
      },
    },
  })
  fixture.engine.start()
  await fixture.engine.idle()
  expect(reports).not.toContain(NAMES[3])
  await fixture.clock.advance(30_000)
  expect(failures).toBe(4)
  expect(reports.filter((name) => name === NAMES[3])).toHaveLength(1)
  expect(fixture.backend.reads).toHaveLength(NAMES.length)
  expect(fixture.writer.actions).toHaveLength(NAMES.length)
})

it('reports in time although there are always Secrets to write', async () => {
  const reports = new Set<string>()
  // They fail, so that each change of their store is pressing.
  const reporter = { writeStatus: async ({ name }: { name: string }) => void reports.add(name) }
  const fixture = manyResources({ reporter }, ['missing'])
  const { clock, engine } = fixture
  const second = (): Promise<void> => new Promise((resolve) => clock.setTimeout(resolve, 1_000))
  // A round takes 20 s, and each resource is due again after 5 s.
  for (const name of NAMES) fixture.values.set(name, () => second().then(() => valueOf('one')))
  let isEnding = false
  const changeStores = (): void => {
    if (isEnding) return
    engine.storesChanged()
    clock.setTimeout(changeStores, 5_000)
  }
  changeStores()
  engine.start()
  await clock.advance(MAX_REPORT_WAIT_MS - 1_000)
  expect([...reports]).toEqual([])
  await clock.advance(60_000)
  const atEnd = [...reports].toSorted()
  isEnding = true
  await clock.advance(60_000)
  expect(atEnd).toEqual(NAMES.toSorted())
})

describe('while statuses hang', () => {
  const many = Array.from({ length: 40 }, (_, index) => `many-${index}`)
  const failing = many.slice(0, 20)
  /** Reports of one namespace have a quarter of the 16 workers. */
  const AT_ONCE = 4

  /** An engine whose statuses hang until their deadline while `isHanging`, and whose Secrets can be denied. */
  function hangingStatuses() {
    const denied = new Set<string>()
    const hanging = new Set<string>()
    const reported: string[] = []
    const state = { isHanging: false }
    const writer = new MemoryWriter(digester)
    const apply = writer.apply.bind(writer)
    writer.apply = (action) =>
      denied.has(action.target.name) ? Promise.reject(new SecretSyncError('WriteFailed', 'denied')) : apply(action)
    const fixture = engineFixture(Object.fromEntries(many.map((name) => [name, 'one'])), {
      writer,
      graceMs: 0,
      reporter: {
        writeStatus: async ({ name }, { conditions, secrets }, { signal }) => {
          if (state.isHanging) {
            hanging.add(name)
            await new Promise((resolve) => signal.addEventListener('abort', resolve))
            hanging.delete(name)
            throw new SecretSyncError('Timeout', 'no response')
          }
          reported.push(`${name} ${conditions[0]?.reason} ${secrets[0]?.versionId}`)
        },
      },
    })
    for (const name of many)
      fixture.upsert({ data: [{ key: name, name: 'password' }], target: { name } }, { name, uid: `uid-${name}` })
    const follow = async (text: string): Promise<string[]> => {
      for (const name of many) fixture.values.set(name, valueOf(text, text))
      await fixture.clock.advance(INTERVAL)
      return many.filter((name) => writer.textsOf(name)?.['password'] !== text)
    }
    return { ...fixture, denied, hanging, reported, state, follow }
  }

  it('writes the changed Secrets of all resources but those whose own status is being sent', async () => {
    const { clock, hanging, reported, state, follow } = hangingStatuses()
    await clock.advance(INTERVAL)
    state.isHanging = true
    expect(await follow('two')).toEqual([])
    expect(hanging.size).toBe(AT_ONCE)
    const outdated = await follow('three')
    expect(outdated.length).toBeLessThanOrEqual(AT_ONCE)
    expect(hanging).toEqual(new Set([...hanging, ...outdated]))
    state.isHanging = false
    expect(await follow('three')).toEqual([])
    for (const name of many) expect(reported).toContain(`${name} Synced three`)
  })

  it('writes them also if the failures of other resources are reported, each at last', async () => {
    const { clock, denied, hanging, reported, state, follow } = hangingStatuses()
    await clock.advance(INTERVAL)
    state.isHanging = true
    for (const name of failing) denied.add(name)
    await follow('two')
    expect(hanging.size).toBe(AT_ONCE)
    const outdated = (await follow('three')).filter((name) => !denied.has(name))
    expect(outdated.length).toBeLessThanOrEqual(AT_ONCE)
    state.isHanging = false
    await follow('three')
    for (const name of failing)
      expect(reported.filter((each) => each.startsWith(`${name} WriteFailed`))).toHaveLength(1)
  })
})

it('forgets the report of a resource that is deleted or recreated meanwhile', async () => {
  const reports: string[] = []
  const fixture = manyResources({ reporter: { writeStatus: async ({ uid }) => void reports.push(uid) } })
  const [deleted = '', remade = ''] = NAMES
  fixture.values.set(NAMES[5] ?? '', () => {
    fixture.engine.remove(`default/${deleted}`)
    fixture.upsert(
      { data: [{ key: remade, name: 'password' }], target: { name: remade } },
      { name: remade, uid: 'uid-new' },
    )
    return valueOf('one')
  })
  fixture.engine.start()
  await fixture.engine.idle()
  await fixture.clock.advance(INTERVAL)
  expect(reports).not.toContain(`uid-${deleted}`)
  expect(reports).not.toContain(`uid-${remade}`)
  expect(reports.filter((uid) => uid === 'uid-new')).toHaveLength(1)
})

it('reads no secret a second time while more resources than workers wait for their first sync', async () => {
  const fixture = manyResources({ graceMs: 0 })
  for (const name of NAMES) {
    fixture.values.set(name, async () => {
      await new Promise<void>((resolve) => fixture.clock.setTimeout(resolve, INTERVAL / NAMES.length))
      return valueOf('one')
    })
  }
  fixture.engine.start()
  await fixture.clock.advance(INTERVAL - 2 * (INTERVAL / NAMES.length))
  expect(fixture.writer.actions).toHaveLength(NAMES.length - 2)
  expect(fixture.backend.reads).toHaveLength(NAMES.length - 1)
})
