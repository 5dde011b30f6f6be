import { SecretSyncError, type TargetAction } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import type { SyncResource } from './model/resource.ts'
import { engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { resourceOf, specOf, valueOf } from './testing/fixtures.ts'

const MINUTE = 60_000
const away = new SecretSyncError('Unavailable', 'patch Secret default/web: the connection was closed')
const gone = (): never => {
  throw new SecretSyncError('NotFound', 'no such secret', { facts: { absent: true } })
}

/** An API server that performs or loses a write, and does not respond. */
function start() {
  let resource = resourceOf(
    specOf({ data: [{ key: 'db', name: 'password' }], restart: [{ kind: 'Deployment', name: 'api' }] }),
  )
  const restarted: string[] = []
  const fixture = engineFixture(
    { db: 'one' },
    {
      cleanUp: true,
      restarter: {
        restart: ({ name }) => {
          restarted.push(name)
          return Promise.resolve({ kind: 'restarted', note: undefined })
        },
      },
      afterStatus: async (status) => void (resource = { ...resource, status }),
    },
  )
  const { clock, engine, statuses, values, writer } = fixture
  const upsert = async (more: Partial<SyncResource> = {}): Promise<void> => {
    resource = { ...resource, ...more }
    engine.upsert(resource)
    await clock.advance(0)
  }
  const rotate = async (text: string, version: string): Promise<void> => {
    values.set('db', valueOf(text, version))
    engine.hint('db')
    await clock.advance(1)
  }
  /** The next write gets no response. */
  const loseResponse = (isApplied = true): void => {
    const apply = writer.apply.bind(writer)
    writer.apply = async (action: TargetAction) => {
      writer.apply = apply
      if (isApplied) await apply(action)
      throw away
    }
  }
  const lastChangeMs = (): number => Date.parse(statuses.at(-1)?.target?.lastChangeTime ?? '')
  return { ...fixture, restarted, upsert, rotate, loseResponse, lastChangeMs }
}

describe('a write whose response is lost', () => {
  it('is reported as a change: event, time and restart', async () => {
    const { clock, writer, events, restarted, upsert, rotate, loseResponse, lastChangeMs } = start()
    await upsert()
    await clock.advance(10 * MINUTE)
    loseResponse()
    const beforeMs = clock.now()
    await rotate('two', 'v2')
    await clock.advance(MINUTE)
    expect(writer.actions.filter(({ kind }) => kind !== 'record')).toHaveLength(2)
    expect(events).toEqual([
      'Synced: Secret web: db version v1',
      'Synced: Secret web: db version v2',
      'Restarted: Deployment api restarted because Secret web changed',
    ])
    expect(lastChangeMs()).toBeGreaterThanOrEqual(Math.trunc(beforeMs / 1_000) * 1_000)
    expect(restarted).toEqual(['api'])
  })

  it('is reported when it creates the Secret', async () => {
    const { clock, events, upsert, loseResponse, lastChangeMs } = start()
    loseResponse()
    await upsert()
    await clock.advance(MINUTE)
    expect(events).toEqual(['Synced: Secret web: db version v1'])
    expect(lastChangeMs()).toBeGreaterThanOrEqual(0)
  })

  it('is reported when it adopts a Secret', async () => {
    const { clock, events, writer, upsert, loseResponse } = start()
    writer.putForeign('web')
    loseResponse()
    await upsert({ adopt: true })
    await clock.advance(MINUTE)
    expect(events).toEqual(['Adopted: Secret web is now managed by this resource'])
  })

  it('is reported when it repairs drift', async () => {
    const { clock, events, writer, upsert, loseResponse } = start()
    await upsert()
    loseResponse()
    writer.tamper('web', 'password')
    await clock.advance(MINUTE)
    expect(events.at(-1)).toBe('DriftCorrected: Secret web was modified by another user and is restored')
    expect(events).toHaveLength(2)
  })

  it('is reported when it deletes the Secret', async () => {
    const { clock, events, writer, upsert, rotate, loseResponse, values, engine } = start()
    await upsert()
    values.set('db', gone)
    engine.hint('db')
    await clock.advance(10_000)
    loseResponse()
    await clock.advance(MINUTE)
    expect(writer.textsOf('web')).toBeUndefined()
    expect(events.filter((event) => event.startsWith('SecretDeleted'))).toHaveLength(1)
    await rotate('back', 'v2')
    await clock.advance(INTERVAL)
    expect(events.at(-1)).toBe('Synced: Secret web: db version v2')
  })

  it('is repeated, and reported once, if it was not applied', async () => {
    const { clock, events, writer, upsert, rotate, loseResponse } = start()
    await upsert()
    loseResponse(false)
    await rotate('two', 'v2')
    await clock.advance(MINUTE)
    expect(writer.textsOf('web')).toEqual({ password: 'two' })
    expect(events.filter((event) => event.startsWith('Synced'))).toHaveLength(2)
  })
})
