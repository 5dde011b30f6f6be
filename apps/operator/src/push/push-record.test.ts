import type { PushedSecret } from '@ack-secret-manager/resources'
import { describe, expect, it } from 'vitest'
import { ownerText } from './owner-tag.ts'
import { idOf, namesSame, planRecord } from './push-record.ts'

const at = (key: string, store = 'kms') => ({
  key,
  secretStoreRef: { name: store, namespace: 'shop', kind: 'SecretStore' as const },
})
const pushed = (key: string, store?: string): PushedSecret => ({
  ...at(key, store),
  state: 'Pushed',
  versionId: `v-${key}`,
})

const policy = (deletionPolicy: 'None' | 'Delete', isShared = true) => ({ deletionPolicy, mayShare: () => isShared })

describe('the record', () => {
  it('has new targets before they are written, and keeps what is known', () => {
    const { record, obsolete } = planRecord([at('a'), at('b')], [pushed('a')], policy('None'))
    expect(record).toEqual([pushed('a'), { ...at('b'), state: 'Pending' }])
    expect(obsolete).toEqual([])
  })

  it('keeps an entry that is no longer wanted until its secret is deleted', () => {
    const { record, obsolete } = planRecord([at('a')], [pushed('a'), pushed('b')], policy('Delete'))
    expect([record, obsolete]).toEqual([[pushed('a'), pushed('b')], [pushed('b')]])
  })

  it('drops an entry that is no longer wanted with the policy None', () =>
    expect(planRecord([at('a')], [pushed('a'), pushed('b')], policy('None'))).toMatchObject({
      record: [pushed('a')],
      obsolete: [],
    }))

  it('drops a wanted name of another store, which may be the same secret, and never deletes it', () =>
    expect(planRecord([at('a', 'new')], [pushed('a'), pushed('b')], policy('Delete'))).toMatchObject({
      record: [{ ...at('a', 'new'), state: 'Pending' }, pushed('b')],
      obsolete: [pushed('b')],
    }))

  it('treats the same name in a store that is known to differ as another secret', () => {
    const { record, obsolete } = planRecord([at('a', 'new')], [pushed('a')], policy('Delete', false))
    expect(record).toEqual([{ ...at('a', 'new'), state: 'Pending' }, pushed('a')])
    expect(obsolete).toEqual([pushed('a')])
    expect(namesSame(record, [pushed('a')])).toBe(false)
    expect(namesSame(record, record.toReversed())).toBe(true)
  })

  it.each([
    ['another region', { region: 'cn-beijing' }, 1],
    ['another account', { region: 'cn-hangzhou', account: '2' }, 1],
    ['the same account', { region: 'cn-hangzhou', account: '1' }, 0],
    ['an account that is not known', { region: 'cn-hangzhou' }, 0],
    ['a place that is not known', {}, 0],
  ])('begins again with an entry whose store writes to %s now', (_what, place, count) => {
    const former = { ...pushed('a'), region: 'cn-hangzhou', account: '1' }
    const { record, moved, obsolete } = planRecord([{ ...at('a'), ...place }], [former], policy('Delete'))
    expect([moved, obsolete]).toEqual([count === 0 ? [] : [former], []])
    expect(record).toEqual([count === 0 ? { ...former, ...place } : { ...at('a'), ...place, state: 'Pending' }])
    const { moved: ofNone } = planRecord([{ ...at('a'), ...place }], [former], policy('None'))
    expect(ofNone).toEqual([])
  })

  it('begins again with an entry that may not have been written in the former place', () => {
    const former: PushedSecret = { ...at('a'), region: 'cn-hangzhou', state: 'Pending' }
    const { record, moved } = planRecord([{ ...at('a'), region: 'cn-beijing' }], [former], policy('Delete'))
    expect([record, moved]).toEqual([[{ ...former, region: 'cn-beijing' }], [former]])
  })

  it('records where an entry is that does not have its place yet', () => {
    const { record, moved } = planRecord([{ ...at('a'), region: 'cn-beijing' }], [pushed('a')], policy('Delete'))
    expect([record, moved]).toEqual([[{ ...pushed('a'), region: 'cn-beijing' }], []])
  })

  it('has at most 256 entries, so secrets that must be deleted leave no room for new ones', () => {
    const due = Array.from({ length: 255 }, (_none, index) => pushed(`old-${index}`))
    const { record, excess } = planRecord([at('a'), at('b')], due, policy('Delete'))
    expect([record.length, excess.size]).toEqual([256, 1])
    expect([...excess].join()).toContain('"b"')
  })

  it('gives each known entry its place before a new one that the spec lists first', () => {
    const due = Array.from({ length: 200 }, (_none, index) => pushed(`old-${index}`))
    const known = Array.from({ length: 54 }, (_none, index) => pushed(`known-${index}`))
    const added = Array.from({ length: 8 }, (_none, index) => at(`new-${index}`))
    const wanted = [...added, ...known.map(({ key }) => at(key))]
    const { record, excess } = planRecord(wanted, [...due, ...known], policy('Delete'))
    expect(record).toEqual(expect.arrayContaining([...due, ...known]))
    expect([record.length, excess]).toEqual([256, new Set(added.slice(2).map(idOf))])
  })
})

it('the owner is the cluster, the namespace and the name, and never longer than a tag', () => {
  const owner = { cluster: 'uid', namespace: 'shop', name: 'web' }
  expect(ownerText(owner)).toBe('uid/shop/web')
  const long = ['a', 'b'].map((end) => ownerText({ ...owner, name: `${'n'.repeat(250)}${end}` }))
  expect(long.map(({ length }) => length)).toEqual([256, 256])
  expect(long[0]).not.toBe(long[1])
})
