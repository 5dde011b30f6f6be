import type { KubeObject } from '@ack-secret-manager/k8s-client'
import {
  externalSecretTree,
  type LiveExternalSecret,
  liveExternalSecret,
  reasonText,
  resourceEvent,
  storeNode,
  storeState,
} from '@ack-secret-manager/resource-view'
import { expect, it } from 'vitest'
import { detailsText, eventsTable, storeText } from './details-text.ts'

const NOW_MS = Date.parse('2026-11-29T04:00:00Z')
const plain = (_colour: string, text: string): string => text

/** An object without a status, or with this Ready condition. */
const objectOf = (reason?: string, message = ''): KubeObject => ({
  metadata: { namespace: 'prod', name: 'kms' },
  ...(reason === undefined ? {} : { status: { conditions: [{ type: 'Ready', status: 'False', reason, message }] } }),
})

it.each([
  ['AccessDenied', 'AccessDenied: not allowed', 'AccessDenied: not allowed'],
  ['AccessDenied', 'not allowed', 'AccessDenied: not allowed'],
  ['Stale', '', 'Stale'],
  ['Stale', 'Stale', 'Stale'],
])('the reason %s and the message %j are %j', (reason, message, text) => expect(reasonText(reason, message)).toBe(text))

const OWN = 'SecretStore prod/kms: spec.KMS.endpoint: x is not an allowed endpoint'
const NAME = 'SecretStore prod/kms'

it.each([
  ['a message with the name of the store', objectOf('InvalidSpec', OWN), `InvalidSpec: ${OWN.slice(NAME.length + 2)}`],
  ['no message', objectOf('InvalidSpec'), 'InvalidSpec'],
  ['no status', objectOf(), 'the operator has not reported on it yet'],
])('a store with %s', (_what, object, text) => {
  expect(storeText(storeState('SecretStore', object), NOW_MS)).toBe(`${NAME}: ${text}`)
  expect(storeNode('SecretStore', object).details).toBe(text)
})

it.each([
  [objectOf('AccessDenied', 'AccessDenied: not allowed'), 'AccessDenied: not allowed'],
  [objectOf(), 'the operator has not reported on it yet'],
])('an ExternalSecret in a tree, %#', (object, details) => {
  const parts = { resource: liveExternalSecret(object), secret: undefined, stores: new Map(), workloads: [] }
  expect(externalSecretTree(parts)).toMatchObject({ details, ready: false })
})

it('an Event names its reason once', () => {
  const event = { time: '2026-11-29T03:59:00Z', count: 1, type: 'Warning', reason: 'Stale', message: 'Stale: HTTP 503' }
  expect(eventsTable([event], NOW_MS, plain)).toMatch(/ {2}Stale {3}HTTP 503\n$/)
})

it('shows when each value was generated, its next one and its expiry, and never the value', () => {
  const generated = [
    { name: 'password', generatedTime: '2026-11-29T03:59:00Z' },
    { name: 'key', generatedTime: '2026-11-29T03:59:00Z', renewalTime: '2026-12-29T03:59:00Z' },
    {
      name: 'session',
      generatedTime: '2026-11-29T03:59:00Z',
      renewalTime: '2026-11-29T04:39:00Z',
      expiryTime: '2026-11-29T04:59:00Z',
    },
  ]
  const resource = liveExternalSecret({ metadata: { namespace: 'prod', name: 'web' }, status: { generated } })
  const text = textOf(resource)
  // Times are those of the time zone of the machine.
  const shown = text.replaceAll(/(?:2026-12-29 )?\d\d:\d\d/g, 'TIME').split('\n')
  expect(shown.filter((line) => line.startsWith('Generated'))).toEqual([
    'Generated  password TIME (60s ago)',
    'Generated  key TIME (60s ago), next TIME',
    'Generated  session TIME (60s ago), next TIME, expires TIME',
  ])
})

it('escapes a forged reason', () => {
  const ready = { type: 'Ready', status: 'False', reason: 'a\nOperator\u001B[2J', message: 'm' }
  const resource = liveExternalSecret({ metadata: { namespace: 'prod', name: 'web' }, status: { conditions: [ready] } })
  expect(textOf(resource)).toMatch(/^ExternalSecret prod\/web: a Operator\\u001b\[2J\n {2}m\n/)
})

it('cuts texts of Events that no operator writes', () => {
  const event = resourceEvent({
    metadata: {},
    type: 'x',
    reason: 'r'.repeat(2_000_000),
    message: 'm'.repeat(2_000_000),
  })
  expect(eventsTable([event, event], NOW_MS, plain).length).toBeLessThan(3_000)
})

function textOf(resource: LiveExternalSecret): string {
  const operator = { state: 'running', detail: '', home: { kind: 'none' }, deployments: [], leases: [] } as const
  const confirmation = { kind: 'unknown', why: 'x' } as const
  const details = { resource, secret: undefined, stores: [], events: [], operator, confirmation }
  return detailsText(details, { paint: plain, nowMs: NOW_MS })
}
