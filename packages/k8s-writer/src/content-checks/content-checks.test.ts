import { contentDigester, type TargetRef, TimeShare } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ContentChecks } from './content-checks.ts'
import { objectOf, recordOf, TARGET } from '../testing/secrets.ts'

const digester = contentDigester(new Uint8Array(32).fill(1))
const record = recordOf([], {
  keys: new Map([
    ['a', { secret: 'app/db', versionId: 'v1', digest: digester.digest(TARGET, 'a', Buffer.from('value')) }],
  ]),
  digestKeyId: digester.keyId,
})

class ChecksFixture {
  readonly clock = new ManualClock()
  /** When whole Secrets were read, in seconds. */
  readonly reads: number[] = []
  readonly targets: string[] = []
  readonly broken: (readonly string[])[] = []
  text = 'value'
  isStub = false
  more = {}
  readonly decodeTime = new TimeShare({ clock: this.clock, share: 0.1, burstMs: 1_000 })
  respond: () => Promise<void> = () => Promise.resolve()
  readonly checks = new ContentChecks({
    api: {
      getWhole: async (target): Promise<KubeObject> => {
        this.reads.push(this.clock.monotonic() / 1_000)
        this.targets.push(`${target.namespace}/${target.name}`)
        await this.respond()
        return { ...objectOf('db', record, this.more, target), data: { a: btoa(this.text) } }
      },
    },
    digester,
    clock: this.clock,
    onBroken: (_secret, keys) => void this.broken.push([...keys]),
    isStub: () => this.isStub,
    decodeTime: this.decodeTime,
    onFailed: ({ name }) => void this.broken.push([`all of ${name}`]),
  })

  check(target: TargetRef = TARGET): void {
    this.checks.check(target)
  }

  /** Another controller writes to the Secret this often, for this long. */
  async write({ everyMs, forMs }: { readonly everyMs: number; readonly forMs: number }): Promise<void> {
    for (let passedMs = 0; passedMs < forMs; passedMs += everyMs) {
      this.check()
      await this.clock.advance(everyMs)
    }
  }
}

describe('ContentChecks', () => {
  let fixture: ChecksFixture
  beforeEach(() => {
    fixture = new ChecksFixture()
  })
  afterEach(() => fixture.checks.close())

  it('compares immediately after a quiet time, and reports broken keys', async () => {
    fixture.text = 'by hand'
    fixture.check()
    await fixture.clock.advance(0)
    expect([fixture.reads, fixture.broken]).toEqual([[0], [['a']]])
  })

  it('backs off up to five minutes while others keep writing and no key is broken', async () => {
    await fixture.write({ everyMs: 500, forMs: 1_200_000 })
    expect(fixture.reads).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1111])
    expect(fixture.broken).toEqual([])
  })

  it('compares after the last of many writes', async () => {
    fixture.check()
    await fixture.clock.advance(100)
    fixture.text = 'by hand'
    fixture.check()
    await fixture.clock.advance(1_000)
    expect([fixture.reads, fixture.broken]).toEqual([[0, 1], [['a']]])
  })

  it('compares immediately again after a quiet time', async () => {
    await fixture.write({ everyMs: 100, forMs: 30_000 })
    await fixture.clock.advance(700_000)
    const before = fixture.reads.length
    await fixture.write({ everyMs: 100, forMs: 1_000 })
    await fixture.clock.advance(0)
    expect(fixture.reads.slice(before)).toEqual([730, 731])
  })

  it('resets the backoff to one second after a broken key', async () => {
    await fixture.write({ everyMs: 100, forMs: 6_500 })
    fixture.text = 'by hand'
    await fixture.write({ everyMs: 100, forMs: 2_500 })
    expect([fixture.reads, fixture.broken.length]).toEqual([[0, 1, 3, 7, 8, 9], 3])
  })

  it('backs off per Secret', async () => {
    await fixture.write({ everyMs: 100, forMs: 10_000 })
    const before = fixture.reads.length
    fixture.check({ namespace: 'team-a', name: 'other' })
    await fixture.clock.advance(0)
    expect(fixture.reads.slice(before)).toEqual([10])
  })

  it('backs off although another Secret is checked in between', async () => {
    for (let passedMs = 0; passedMs < 10_000; passedMs += 500) {
      fixture.check()
      fixture.check({ namespace: 'team-a', name: 'other' })
      await fixture.clock.advance(500)
    }
    const reads = fixture.reads.filter((_, index) => fixture.targets[index] === 'team-a/db')
    expect(reads).toEqual([0, 1, 3, 7])
  })

  it('lets namespaces take turns, regardless of how many Secrets of one have changed', async () => {
    fixture.respond = () => new Promise((resolve) => fixture.clock.setTimeout(resolve, 1_000))
    for (let index = 0; index < 100; index += 1) fixture.check({ namespace: 'noisy', name: `s${index}` })
    fixture.check()
    await fixture.clock.advance(1_000)
    expect(fixture.targets).toHaveLength(8)
    expect(fixture.targets).toContain('team-a/db')
  })

  it('reports all keys of an unreadable Secret, with the same backoff', async () => {
    fixture.respond = () => Promise.reject(new Error('no response'))
    await fixture.write({ everyMs: 100, forMs: 10_000 })
    expect([fixture.reads, fixture.broken]).toEqual([[0, 1, 3, 7], Array.from({ length: 4 }, () => ['all of db'])])
  })

  it('reports nothing after close, neither pending nor in flight', async () => {
    fixture.check()
    await fixture.clock.advance(100)
    fixture.check()
    fixture.checks.close()
    fixture.check()
    await fixture.clock.advance(600_000)
    expect(fixture.reads).toEqual([0])
  })

  it('reports metadata that has drifted, if the cache does not show it', async () => {
    fixture.more = { labels: {} }
    fixture.check()
    await fixture.clock.advance(10_000)
    fixture.isStub = true
    fixture.check()
    await fixture.clock.advance(10_000)
    fixture.more = {}
    fixture.check()
    await fixture.clock.advance(10_000)
    expect([fixture.reads.length, fixture.broken]).toEqual([3, [[]]])
  })

  it('delays stubs while their namespace has used its decoding time', async () => {
    fixture.isStub = true
    fixture.decodeTime.add(TARGET.namespace, 2_000)
    fixture.check()
    fixture.check({ namespace: 'other', name: 'db' })
    await fixture.clock.advance(9_999)
    expect(fixture.targets).toEqual(['other/db'])
    await fixture.clock.advance(1)
    expect(fixture.targets).toEqual(['other/db', 'team-a/db'])
  })
})
