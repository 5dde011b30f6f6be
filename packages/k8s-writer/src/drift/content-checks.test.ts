import { contentDigester, ManualClock, type TargetRef } from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ContentChecks } from './content-checks.ts'
import { knownSecretOf } from '../cache/secret-cache-entry.ts'
import { objectOf, recordOf, TARGET } from '../test-secrets.ts'

const digester = contentDigester(new Uint8Array(32).fill(1))
const record = recordOf([], {
  keys: new Map([
    ['a', { secret: 'app/db', versionId: 'v1', digest: digester.digest(TARGET, 'a', Buffer.from('value')) }],
  ]),
  digestKeyId: digester.keyId,
})

class World {
  readonly clock = new ManualClock()
  /** When whole Secrets were read, in seconds. */
  readonly reads: number[] = []
  readonly broken: (readonly string[])[] = []
  text = 'value'
  answer: () => Promise<void> = () => Promise.resolve()
  readonly checks = new ContentChecks({
    api: {
      getWhole: async (target): Promise<KubeObject> => {
        this.reads.push(this.clock.monotonic() / 1_000)
        await this.answer()
        return { ...objectOf('db', record, {}, target), data: { a: btoa(this.text) } }
      },
    },
    digester,
    clock: this.clock,
    onBroken: (_secret, keys) => void this.broken.push([...keys]),
  })

  check(target: TargetRef = TARGET): void {
    this.checks.check(knownSecretOf(objectOf('db', record, {}, target)))
  }

  /** Another controller writes to the Secret this often, for this long. */
  async write({ everyMs, forMs }: { readonly everyMs: number; readonly forMs: number }): Promise<void> {
    for (let passedMs = 0; passedMs < forMs; passedMs += everyMs) {
      this.check()
      await this.clock.advance(everyMs)
    }
  }
}

describe('the comparison of a Secret with its record', () => {
  let world: World
  beforeEach(() => {
    world = new World()
  })
  afterEach(() => world.checks.close())

  it('is at once where the Secret was quiet, and tells what is broken', async () => {
    world.text = 'by hand'
    world.check()
    await world.clock.advance(0)
    expect([world.reads, world.broken]).toEqual([[0], [['a']]])
  })

  it('has growing pauses up to five minutes while others keep writing and nothing is broken', async () => {
    await world.write({ everyMs: 500, forMs: 1_200_000 })
    expect(world.reads).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1111])
    expect(world.broken).toEqual([])
  })

  it('is made after the last of many writes, though nothing follows', async () => {
    world.check()
    await world.clock.advance(100)
    world.text = 'by hand'
    world.check()
    await world.clock.advance(1_000)
    expect([world.reads, world.broken]).toEqual([[0, 1], [['a']]])
  })

  it('is at once again after a quiet time', async () => {
    await world.write({ everyMs: 100, forMs: 30_000 })
    await world.clock.advance(700_000)
    const before = world.reads.length
    await world.write({ everyMs: 100, forMs: 1_000 })
    await world.clock.advance(0)
    expect(world.reads.slice(before)).toEqual([730, 731])
  })

  it('is a second apart again once something was broken, and no sooner', async () => {
    await world.write({ everyMs: 100, forMs: 6_500 })
    world.text = 'by hand'
    await world.write({ everyMs: 100, forMs: 2_500 })
    expect([world.reads, world.broken.length]).toEqual([[0, 1, 3, 7, 8, 9], 3])
  })

  it('of one Secret does not delay that of another', async () => {
    await world.write({ everyMs: 100, forMs: 10_000 })
    const before = world.reads.length
    world.check({ namespace: 'team-a', name: 'other' })
    await world.clock.advance(0)
    expect(world.reads.slice(before)).toEqual([10])
  })

  it('suspects all keys where the Secret cannot be read, with the same pauses', async () => {
    world.answer = () => Promise.reject(new Error('no answer'))
    await world.write({ everyMs: 100, forMs: 10_000 })
    expect([world.reads, world.broken]).toEqual([
      [0, 1, 3, 7],
      [['a'], ['a'], ['a'], ['a']],
    ])
  })

  it('is never made after close, whether it waited or was under way', async () => {
    world.check()
    await world.clock.advance(100)
    world.check()
    world.checks.close()
    world.check()
    await world.clock.advance(600_000)
    expect(world.reads).toEqual([0])
  })
})
