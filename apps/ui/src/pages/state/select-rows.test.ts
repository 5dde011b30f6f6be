import { describe, expect, it } from 'vitest'
import type { ResourceRow } from '../../model/views/index.ts'
import { ALL_RESOURCES, type ResourceQuery } from '../routes.ts'
import { countStates, selectRows } from './select-rows.ts'

function row(key: string, part: Partial<ResourceRow> = {}): ResourceRow {
  const [namespace = '', name = ''] = key.split('/')
  return {
    key,
    namespace,
    name,
    state: 'ready',
    reason: 'Synced',
    message: '',
    secret: name,
    stores: [],
    isOutdated: false,
    isDeleting: false,
    isRefreshing: false,
    ...part,
  }
}

const ROWS = [
  row('shop/api', {
    since: '2026-01-03T00:00:00Z',
    stores: ['SecretStore shop/kms'],
    nextRotation: '2026-02-02T00:00:00Z',
  }),
  row('shop/db', {
    state: 'failing',
    reason: 'AccessDenied',
    message: 'No kms:GetSecretValue',
    since: '2026-01-04T00:00:00Z',
  }),
  row('bank/api', { state: 'degraded', reason: 'Stale', stores: ['ClusterSecretStore shared'], createdBy: 'pull' }),
  row('bank/tls', { state: 'suspended', reason: 'Suspended', changedAt: '2026-01-01T00:00:00Z' }),
  row('media/new', { state: 'pending', reason: '', nextRotation: '2026-02-01T00:00:00Z' }),
]

const ALL_KEYS = ['shop/db', 'bank/api', 'media/new', 'bank/tls', 'shop/api']

describe('selectRows', () => {
  it.each<[string, Partial<ResourceQuery>, readonly string[]]>([
    ['all, the worst first', {}, ALL_KEYS],
    ['each word must occur, in any case', { text: ' SHOP  getsecret' }, ['shop/db']],
    ['the text finds stores', { text: 'shared' }, ['bank/api']],
    ['the text is not a pattern', { text: '.*' }, []],
    ['states', { states: ['pending', 'failing'] }, ['shop/db', 'media/new']],
    ['namespace', { namespace: 'bank' }, ['bank/api', 'bank/tls']],
    ['reason', { reason: 'Stale' }, ['bank/api']],
    ['store', { store: 'SecretStore shop/kms' }, ['shop/api']],
    ['creator', { createdBy: 'pull' }, ['bank/api']],
    ['by name, then namespace', { sort: 'name' }, ['bank/api', 'shop/api', 'shop/db', 'media/new', 'bank/tls']],
    ['by time, the latest first', { sort: 'since' }, ['shop/db', 'shop/api', 'bank/api', 'bank/tls', 'media/new']],
    [
      'by rotation, those without last',
      { sort: 'rotation' },
      ['media/new', 'shop/api', 'bank/api', 'bank/tls', 'shop/db'],
    ],
    ['descending, equal rows still by key', { isDescending: true }, ALL_KEYS.toReversed()],
  ])('%s', (_rule, query, expected) =>
    expect(selectRows(ROWS, { ...ALL_RESOURCES, ...query }).map(({ key }) => key)).toEqual(expected),
  )

  it('counts states without regard to the chosen ones', () => {
    expect(countStates(ROWS, { ...ALL_RESOURCES, namespace: 'bank', states: ['ready'] })).toEqual({
      ready: 0,
      degraded: 1,
      failing: 0,
      pending: 0,
      suspended: 1,
    })
  })
})
