import { expect, it } from 'vitest'
import type { ResourceDetail } from '../../model/views/index.ts'
import { resourceDetail, storeDetail } from '../testing/detail-fixtures.ts'
import { rows, storeRow } from '../testing/fixtures.ts'
import { pushSecretDetail, pushSecretRow } from '../testing/push-fixtures.ts'
import {
  isPushSecretIncomplete,
  isPushSecretPolled,
  isResourceIncomplete,
  isResourcePolled,
  isStoreIncomplete,
} from './incomplete.ts'

const [ROW] = rows(1)
if (ROW === undefined) throw new Error('no row')
const WHOLE = resourceDetail(ROW)
const unknown = { state: 'unknown', why: 'no answer' } as const
const target = (part: Partial<ResourceDetail['target']>) => ({ target: { ...WHOLE.target, ...part } })

it.each<[string, Partial<ResourceDetail>, boolean]>([
  ['everything', {}, false],
  ['a Secret that is missing', target({ state: 'missing' }), false],
  ['a Secret that the user may not read', target({ state: 'forbidden' }), false],
  ['a Secret that is being read', target({ state: 'loading' }), true],
  ['a Secret that cannot be read', target({ state: 'disconnected' }), true],
  ['events that the user may not list', { events: { state: 'forbidden' } }, false],
  ['events that cannot be read', { events: { state: 'disconnected' } }, true],
  ['kinds that the user may not list', { hiddenWorkloads: ['Pod'] }, false],
  ['kinds that are not read', { unreadWorkloads: ['Pod'] }, true],
  ['an unknown permission', { actions: { ...WHOLE.actions, suspend: unknown } }, true],
  ['a permission that is denied', { actions: { ...WHOLE.actions, suspend: { ...unknown, state: 'denied' } } }, false],
])('of a resource with %s', (_what, part, isIncomplete) => {
  expect(isResourceIncomplete({ ...WHOLE, ...part })).toBe(isIncomplete)
})

it.each([
  ['known', false],
  ['forbidden', false],
  ['loading', true],
  ['disconnected', true],
] as const)('of a store with events that are %s', (state, isIncomplete) => {
  const events = state === 'known' ? { state, events: [] } : { state }
  expect(isStoreIncomplete(storeDetail(storeRow('SecretStore shop/kms'), { events }))).toBe(isIncomplete)
})

it('polls a resource only for its Secret', () => {
  expect([isResourcePolled(WHOLE), isResourcePolled({ ...WHOLE, ...target({ isPolled: true }) })]).toEqual([
    false,
    true,
  ])
})

it.each([
  ['present', 'known', false],
  ['missing', 'forbidden', false],
  ['forbidden', 'known', false],
  ['loading', 'known', true],
  ['present', 'disconnected', true],
  [undefined, 'known', false],
] as const)('of a PushSecret whose Secret is %s, with events that are %s', (state, events, isIncomplete) => {
  const { source, ...whole } = pushSecretDetail(pushSecretRow('web'))
  if (source === undefined) throw new Error('no source')
  const detail = {
    ...whole,
    events: events === 'known' ? { state: events, events: [] } : { state: events },
    ...(state === undefined ? {} : { source: { ...source, state, isPolled: true } }),
  }
  expect([isPushSecretIncomplete(detail), isPushSecretPolled(detail)]).toEqual([isIncomplete, state !== undefined])
})
