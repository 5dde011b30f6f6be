import { isSecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { SecretShares } from './secret-shares.ts'
import type { ShareChange } from '../../store-types.ts'

const STORE = 'ClusterSecretStore shared'

class Shares {
  readonly changes: ShareChange[] = []
  readonly shares = new SecretShares((change) => void this.changes.push(change))

  set(name: string, createdMs: number, secrets: readonly string[], store = STORE, namespace = 'shop'): void {
    this.shares.set({ namespace, name, createdMs, secrets: secrets.map((secret) => ({ store, secret })) })
  }

  admits(secret: string, max: number, namespace = 'shop'): boolean {
    try {
      this.shares.check(STORE, namespace, secret, max)
      return true
    } catch (error) {
      if (isSecretSyncError(error) && error.code === 'StoreNotAllowed') return false
      throw error
    }
  }

  admitted(max: number): string[] {
    return ['a', 'b', 'c', 'd', 'e'].filter((secret) => this.admits(secret, max))
  }
}

describe('the secrets of a namespace that a store admits', () => {
  it.each<[string, readonly (readonly [string, number, readonly string[]])[], readonly string[]]>([
    [
      'belong to the oldest resources',
      [
        ['new', 2, ['a', 'b']],
        ['old', 1, ['c', 'd']],
      ],
      ['a', 'c', 'd'],
    ],
    [
      'are ordered by name for resources of the same age',
      [
        ['y', 1, ['a', 'b']],
        ['x', 1, ['c', 'd']],
      ],
      ['a', 'c', 'd'],
    ],
    [
      'count once for all resources',
      [
        ['old', 1, ['a', 'b']],
        ['new', 2, ['b', 'a', 'c', 'd']],
      ],
      ['a', 'b', 'c'],
    ],
    ['are in the order of their resource', [['one', 1, ['e', 'd', 'c', 'b']]], ['c', 'd', 'e']],
  ])('%s', (_rule, resources, expected) => {
    for (const order of [resources, resources.toReversed()]) {
      const shares = new Shares()
      for (const [name, createdMs, secrets] of order) shares.set(name, createdMs, secrets)
      expect(shares.admitted(3)).toEqual(expected)
    }
  })

  it('are counted for each namespace and each store', () => {
    const shares = new Shares()
    shares.set('web', 1, ['a', 'b'], 'SecretStore shop/kms')
    shares.set('web', 1, ['a', 'b'], STORE, 'other')
    shares.set('app', 2, ['c', 'd'])
    expect([shares.admits('c', 1), shares.admits('d', 1), shares.admits('a', 1, 'other')]).toEqual([true, false, true])
  })

  it('follow changes of the limit and of resources', () => {
    const shares = new Shares()
    shares.set('old', 1, ['a', 'b'])
    shares.set('new', 2, ['c'])
    expect(shares.admitted(2)).toEqual(['a', 'b'])
    expect(shares.admitted(3)).toEqual(['a', 'b', 'c'])
    expect(shares.admitted(2)).toEqual(['a', 'b'])
    shares.set('old', 1, ['a'])
    expect(shares.admitted(2)).toEqual(['a', 'c'])
    shares.set('old', 1, [])
    expect(shares.admitted(2)).toEqual(['c'])
  })

  it('notify when the admitted secrets change, and not below the limit', () => {
    const shares = new Shares()
    shares.set('one', 1, ['a'])
    expect(shares.admits('a', 2)).toBe(true)
    shares.set('two', 2, ['b'])
    shares.set('two', 2, [])
    expect(shares.changes.flatMap(({ secrets }) => [...secrets])).toEqual(['b', 'b'])
    shares.changes.length = 0
    shares.shares.forget(STORE)
    expect(shares.admits('a', 3)).toBe(true)
    shares.set('two', 2, ['b'])
    shares.set('two', 2, [])
    expect(shares.changes).toEqual([])
    shares.set('two', 2, ['b', 'c'])
    shares.set('three', 3, ['d'])
    shares.changes.length = 0
    shares.set('one', 1, [])
    expect(shares.changes).toEqual([{ store: STORE, namespace: 'shop', secrets: new Set(['a', 'd']) }])
  })

  it('include additions from lists only if the reads of all resources leave room', () => {
    const shares = new Shares()
    const additions = ['x', 'a', 'b'].map((secret) => ({ store: STORE, secret }))
    shares.shares.set({
      namespace: 'shop',
      name: 'old',
      createdMs: 1,
      secrets: [{ store: STORE, secret: 'c' }],
      additions,
    })
    shares.set('new', 2, ['d'])
    expect(shares.admitted(2)).toEqual(['c', 'd'])
    expect([shares.admitted(4), shares.admits('x', 4)]).toEqual([['a', 'c', 'd'], true])
    shares.set('new', 2, ['d', 'e'])
    expect(shares.admitted(4)).toEqual(['c', 'd', 'e'])
  })

  it('change when a resource uses another store, and not for reads through others', () => {
    const shares = new Shares()
    shares.set('old', 1, ['a'])
    shares.set('new', 2, ['b'])
    expect(shares.admitted(1)).toEqual(['a'])
    shares.set('other', 0, ['b'], 'SecretStore shop/kms')
    expect([shares.changes, shares.admitted(1)]).toEqual([[], ['a']])
    shares.set('old', 1, ['a'], 'SecretStore shop/kms')
    expect(shares.changes).toEqual([{ store: STORE, namespace: 'shop', secrets: new Set(['a', 'b']) }])
    expect(shares.admitted(1)).toEqual(['b'])
    shares.set('old', 1, ['a'])
    expect(shares.admitted(1)).toEqual(['a'])
  })

  it('are cheap for 10,000 resources of one namespace', () => {
    const shares = new Shares()
    const before = process.cpuUsage()
    for (let index = 0; index < 10_000; index += 1) shares.set(`web-${index}`, index, [`secret-${index}`])
    for (let index = 0; index < 10_000; index += 1) shares.admits(`secret-${index}`, 20_000)
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000)
  })
})
