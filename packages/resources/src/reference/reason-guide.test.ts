import { expect, it } from 'vitest'
import { REASON_GUIDES, reasonGuideOf } from './reason-guide.ts'
import { reasonsMarkdown } from './reference-reasons.ts'

it('has a guide for each row of the reference page, in its order', () => {
  const rows = [...reasonsMarkdown().matchAll(/^\| <a id="[\w-]+"><\/a>`(\w+)` \|/gm)].map(([, reason]) => reason)
  expect(REASON_GUIDES.map(({ reason }) => reason)).toEqual(rows)
})

it('says what to do for every reason that is not fine', () => {
  const fine = REASON_GUIDES.filter(({ cure }) => cure === undefined).map(({ reason }) => reason)
  expect(fine).toEqual(['Synced', 'Ready', 'Connected', 'Provisioned', 'Synced', 'Adopted', 'Pushed'])
})

it('has the address of its own anchor on the reference page', () => {
  const anchors = [...reasonsMarkdown().matchAll(/<a id="([\w-]+)">/g)].map(([, anchor]) => anchor)
  expect(REASON_GUIDES.map(({ url }) => url.split('#')[1])).toEqual(anchors)
  expect(new Set(anchors).size).toBe(anchors.length)
  expect(reasonGuideOf('SecretStore', 'Reachable', 'Unavailable')?.url).toMatch(
    /^https:\/\/.*\/docs\/reference\/reasons\.md#store-reachable-unavailable$/,
  )
})

it('is plain text with the addresses of pages', () => {
  expect(JSON.stringify(REASON_GUIDES)).not.toMatch(/\]\(|\.\.\/|\(docs\//)
  expect(reasonGuideOf('ExternalSecret', 'Ready', 'TooLarge')?.means).toContain(
    'one of the limits (https://github.com/ack-secret-manager/ack-secret-manager/blob/main/docs/reference/values.md#limits).',
  )
})

it.each([
  ['its own text for a store', 'SecretStore', 'Ready', 'AuthenticationFailed', 'Correct the field that the message'],
  ['the text of an ExternalSecret for its identity', 'SecretStore', 'Ready', 'AccessDenied', 'Grant the identity'],
  ['another condition', 'SecretStore', 'Reachable', 'Unavailable', 'A probe every 1 to 30 s'],
] as const)('finds %s', (_what, kind, condition, reason, cure) => {
  expect(reasonGuideOf(kind, condition, reason)?.cure).toContain(cure)
})

it('has no guide for an unknown reason', () => {
  expect(reasonGuideOf('ExternalSecret', 'Ready', 'Ready')).toBeUndefined()
  expect(reasonGuideOf('ClusterExternalSecret', 'Ready', 'Synced')).toBeUndefined()
})
