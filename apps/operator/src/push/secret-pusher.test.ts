import assert from 'node:assert/strict'
import { SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import type { ChangePlan, ObservedSecret } from '@ack-secret-manager/kms-management'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PushTarget } from './decide-push.ts'
import { versionKey } from './push-version.ts'
import { deleteSecret, type PushClient, pushSecret } from './secret-pusher.ts'

interface Version {
  readonly id: string
  readonly value: string
  stages: string[]
}

interface StoredSecret {
  tags: Record<string, string>
  versions: Version[]
  isDeleted: boolean
}

/** Where a call is cut off: before KMS has done it, or after it without a response. */
interface Cut {
  readonly call: number
  readonly when: 'before' | 'after'
}

const { signal } = new AbortController()
const NAME = 'shop/db'

/** The rules of KMS that matter for pushes; the tests of kms-management hold them against the simulator. */
class ModelKms implements PushClient {
  readonly secrets = new Map<string, StoredSecret>()
  /** Values in the order in which they became current. */
  readonly history: string[] = []
  /** Every version that was ever stored, by id and value. */
  readonly stored: string[] = []
  cut: Cut | undefined
  calls = 0
  writes = 0
  reserved = 0

  async reserve(calls: number): Promise<void> {
    this.reserved += calls
  }

  async observe(name: string): Promise<ObservedSecret | undefined> {
    return this.#call(() => {
      const found = this.secrets.get(name)
      if (found === undefined) return undefined
      const { tags, versions, isDeleted } = found
      const description = { name, type: 'Generic', createdMs: 0, updatedMs: 0, description: '', tags: { ...tags } }
      if (isDeleted) return { description: { ...description, plannedDeletionMs: 1 }, versions: [] }
      return {
        description,
        versions: versions.map(({ id, stages }) => ({ versionId: id, createdMs: 0, stages: [...stages] })).toReversed(),
      }
    })
  }

  async apply(plan: ChangePlan): Promise<{ changed: boolean; plan: ChangePlan }> {
    if (plan.kind === 'refused') throw plan.error
    return this.#call(() => {
      this.writes += 1
      this.#change(plan)
      return { changed: true, plan }
    })
  }

  current(name: string = NAME): string | undefined {
    return this.secrets.get(name)?.versions.find(({ stages }) => stages.includes('ACSCurrent'))?.value
  }

  async #call<T>(work: () => T): Promise<T> {
    const isCut = this.cut?.call === this.calls
    this.calls += 1
    const failure = new SecretSyncError('Cancelled', 'killed')
    if (isCut && this.cut?.when === 'before') throw failure
    const result = work()
    if (isCut) throw failure
    return result
  }

  #change({ change }: ChangePlan): void {
    const { name } = change
    const found = this.secrets.get(name)
    if (change.kind === 'put') {
      const id = change.versionId ?? ''
      const value = String(change.value.expose())
      if (found === undefined) {
        if (!change.create) throw new SecretSyncError('NotFound', 'no such secret')
        this.secrets.set(name, { tags: { ...change.create.tags }, versions: [], isDeleted: false })
      }
      const of = this.secrets.get(name) as StoredSecret
      if (of.isDeleted) throw new SecretSyncError('Conflict', 'in its recovery window')
      const same = of.versions.find((version) => version.id === id)
      if (same !== undefined && same.value !== value) throw new SecretSyncError('Conflict', 'another value')
      if (same === undefined) {
        of.versions.push({ id, value, stages: [] })
        this.stored.push(`${id} ${value}`)
        this.#move(of, id, 'ACSCurrent')
        if (of.versions.length > 10)
          of.versions.splice(
            of.versions.findIndex(({ stages }) => !stages.includes('ACSCurrent')),
            1,
          )
      }
    } else if (change.kind === 'promote' && found) this.#move(found, change.versionId, change.stage ?? 'ACSCurrent')
    else if (change.kind === 'restore' && found) found.isDeleted = false
    else if (change.kind === 'delete' && found) found.isDeleted = true
  }

  #move({ versions }: StoredSecret, id: string, stage: string): void {
    for (const version of versions) version.stages = version.stages.filter((one) => one !== stage)
    const version = versions.find((one) => one.id === id)
    version?.stages.push(stage)
    if (stage === 'ACSCurrent' && version) this.history.push(version.value)
  }
}

function target(value: string, change: Partial<PushTarget> = {}): PushTarget {
  const owner = change.owner ?? 'one/shop/web'
  return {
    name: NAME,
    value: new Sensitive(value),
    stages: ['green'],
    updatePolicy: 'Replace',
    owner,
    description: '',
    versionKey: versionKey(new Uint8Array(32), owner, NAME),
    ...change,
  }
}

const options = { beforeChange: () => undefined, signal }

/** Runs until a run is not cut off. */
async function converge(kms: ModelKms, wanted: PushTarget, cuts: readonly Cut[] = []): Promise<void> {
  for (const cut of [...cuts, undefined]) {
    kms.calls = 0
    kms.cut = cut
    try {
      await pushSecret(kms, wanted, options)
    } catch (error) {
      if (!(error instanceof SecretSyncError) || error.code !== 'Cancelled') throw error
    }
  }
}

describe('pushes', () => {
  it('of A, B and A again are three versions, and A is current', async () => {
    const kms = new ModelKms()
    for (const value of ['A', 'B', 'A']) await pushSecret(kms, target(value), options)
    expect(kms.history).toEqual(['A', 'B', 'A'])
    expect(new Set(kms.stored.map((line) => line.split(' ')[0])).size).toBe(3)
    kms.writes = 0
    expect(await pushSecret(kms, target('A'), options)).toMatchObject({ state: 'Pushed', isChanged: false })
    expect(kms.writes).toBe(0)
  })

  it('that are killed before or after any call make each value current once, in order, with one version each', async () => {
    const cut = fc.record({ call: fc.nat(9), when: fc.constantFrom<Cut['when']>('before', 'after') })
    const push = fc.record({ value: fc.constantFrom('A', 'B', 'C'), cuts: fc.array(cut, { maxLength: 4 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(push, { minLength: 1, maxLength: 14 }), async (pushes) => {
        const kms = new ModelKms()
        for (const { value, cuts } of pushes) {
          await converge(kms, target(value), cuts)
          expect(kms.current()).toBe(value)
          expect(kms.secrets.get(NAME)?.versions.find(({ stages }) => stages.includes('green'))?.value).toBe(value)
        }
        const values = pushes.map(({ value }) => value)
        const changes = values.filter((value, at) => value !== values[at - 1])
        expect(kms.history).toEqual(changes)
        expect(kms.stored).toHaveLength(changes.length)
      }),
      { numRuns: 300 },
    )
  })

  it('a process may die after any call of a push, a deletion or a restoration', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let call = 0; call < 8; call += 1) {
        const kms = new ModelKms()
        await converge(kms, target('A'), [{ call, when }])
        await converge(kms, target('B'), [{ call, when }])
        const gone = { name: NAME, owner: 'one/shop/web', recoveryDays: 7 }
        kms.calls = 0
        kms.cut = { call, when }
        await deleteSecret(kms, gone, options).catch(() => undefined)
        kms.cut = undefined
        expect(await deleteSecret(kms, gone, options)).not.toHaveProperty('left')
        expect(kms.secrets.get(NAME)?.isDeleted).toBe(true)
        await converge(kms, target('B'), [{ call, when }])
        expect(kms.secrets.get(NAME)?.isDeleted).toBe(false)
        expect(kms.history).toEqual(['A', 'B'])
        expect(kms.stored).toHaveLength(2)
      }
    }
  })

  it('of two clusters to one name: one wins, and the other never changes it', async () => {
    const kms = new ModelKms()
    await pushSecret(kms, target('A'), options)
    const other = target('X', { owner: 'two/shop/web' })
    await expect(pushSecret(kms, other, options)).rejects.toMatchObject({ code: 'TargetConflict' })
    expect(await deleteSecret(kms, { name: NAME, owner: 'two/shop/web', recoveryDays: 7 }, options)).toEqual({
      left: expect.stringContaining('its tag acksm:owner differs in the cluster only') as string,
      isChanged: false,
    })
    expect(kms.history).toEqual(['A'])
  })

  it('makes no change that is no longer allowed, and reads nothing more', async () => {
    const kms = new ModelKms()
    const beforeChange = (): never => {
      throw new SecretSyncError('Cancelled', 'another replica')
    }
    await expect(pushSecret(kms, target('A'), { beforeChange, signal })).rejects.toMatchObject({ code: 'Cancelled' })
    expect([kms.calls, kms.writes, kms.reserved]).toEqual([1, 0, 0])
  })

  it('reserves no call for a change that KMS does not allow', async () => {
    const kms = new ModelKms()
    await expect(pushSecret(kms, target('x'.repeat(40_000)), options)).rejects.toMatchObject({ code: 'TooLarge' })
    expect([kms.calls, kms.reserved]).toEqual([1, 0])
  })

  it('reserves the calls of each change, and checks its permission again after that wait', async () => {
    const kms = new ModelKms()
    await pushSecret(kms, target('A'), options)
    // Each: an observation and one step.
    expect(kms.reserved).toBe(3 * kms.writes)
    let mayChange = true
    const changing = { beforeChange: () => assert(mayChange, 'taken over'), signal }
    kms.reserve = async () => void (mayChange = false)
    kms.writes = 0
    await expect(pushSecret(kms, target('B'), changing)).rejects.toThrow('taken over')
    expect(kms.writes).toBe(0)
  })

  it('aborts a change in progress, and its confirmation, later than other reads', async () => {
    const kms = new ModelKms()
    const change = new AbortController()
    const signals: unknown[] = []
    const client: PushClient = {
      reserve: (calls) => kms.reserve(calls),
      observe: (name, given) => {
        signals.push(given.signal)
        return kms.observe(name)
      },
      apply: (plan, given) => {
        signals.push(given.signal)
        return kms.apply(plan)
      },
    }
    await pushSecret(client, target('A', { stages: [] }), { ...options, changeSignal: change.signal })
    expect(signals).toEqual([signal, change.signal, change.signal])
  })

  it('gives up while another program keeps changing the secret', async () => {
    const kms = new ModelKms()
    kms.apply = () => Promise.reject(new SecretSyncError('Conflict', 'changed'))
    await expect(pushSecret(kms, target('A'), options)).rejects.toMatchObject({ code: 'Conflict' })
    expect(kms.calls).toBe(4)
  })
})
