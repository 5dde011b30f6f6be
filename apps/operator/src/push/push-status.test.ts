import { SecretSyncError } from '@ack-secret-manager/core'
import { type PushedSecret, pushSecretStatusSchema } from '@ack-secret-manager/resources'
import { expect, it } from 'vitest'
import { failureOf, type PushReport, pushStatus } from './push-status.ts'

const at = (key: string, state: PushedSecret['state'] = 'Pushed'): PushedSecret => ({
  key,
  secretStoreRef: { name: 'kms', namespace: 'shop', kind: 'SecretStore' },
  state,
})
const NOW_MS = Date.parse('2026-01-02T03:04:05Z')
const failure = (code: ConstructorParameters<typeof SecretSyncError>[0], message: string) =>
  failureOf(new SecretSyncError(code, message))

it.each<[rule: string, report: PushReport, line: string]>([
  [
    'all are pushed',
    { outcomes: [{ entry: at('a') }, { entry: at('b') }] },
    'True Synced: 2 KMS secrets are up to date',
  ],
  [
    'one existed',
    { outcomes: [{ entry: at('a', 'Kept') }] },
    'True Synced: 1 KMS secret is up to date (1 existed and was left unchanged)',
  ],
  ['nothing could be processed', { problem: failure('InvalidSpec', 'spec: no') }, 'False InvalidSpec: spec: no'],
  [
    'some fail alike',
    {
      outcomes: [
        { entry: at('a') },
        { entry: at('b'), failure: failure('TargetConflict', 'b: no') },
        { entry: at('c'), failure: failure('TargetConflict', 'c: no') },
      ],
    },
    'False TargetConflict: b: no (and 1 more)',
  ],
  [
    'they fail differently',
    {
      outcomes: [{ entry: at('b'), failure: failure('AccessDenied', 'b: no') }],
      failures: [failure('TemplateError', 'a: no')],
    },
    'False Degraded: a: no (and 1 more)',
  ],
])('Ready if %s', (_rule, report, line) => {
  const status = pushStatus(report, { generation: 1, old: undefined, nowMs: NOW_MS })?.status as {
    conditions: { status: string; reason: string; message: string }[]
  }
  const [ready] = status.conditions
  expect(`${ready?.status} ${ready?.reason}: ${ready?.message}`).toBe(line)
})

it('is written only if it differs, with an event for each failure and recovery', () => {
  const ok: PushReport = { outcomes: [{ entry: at('a') }] }
  const bad: PushReport = { outcomes: [{ entry: at('a', 'Failed'), failure: failure('AccessDenied', 'no') }] }
  let old: ReturnType<typeof pushSecretStatusSchema.parse> | undefined
  const events = [ok, ok, bad, bad, ok].map((report) => {
    const change = pushStatus(report, { generation: 1, old, nowMs: NOW_MS })
    if (change) old = pushSecretStatusSchema.parse(change.status)
    return change && (change.event?.reason ?? 'no event')
  })
  expect(events).toEqual(['no event', undefined, 'AccessDenied', undefined, 'Synced'])
  expect(old?.secrets).toEqual([at('a')])
})

it('keeps the record while nothing can be processed', () => {
  const old = pushSecretStatusSchema.parse({ conditions: [], secrets: [at('a')] })
  expect(
    pushStatus({ problem: failure('StoreNotFound', 'no') }, { generation: 2, old, nowMs: NOW_MS })?.status,
  ).toMatchObject({
    secrets: [at('a')],
  })
})
