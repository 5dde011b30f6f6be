import { expect, it } from 'vitest'
import { pushSecretFindings } from './push-secret-checks.ts'

const NOW_MS = Date.parse('2026-01-02T00:00:00Z')
const pushSecret = (name: string, status?: object, creationTimestamp = '2026-01-01T00:00:00Z') => ({
  metadata: { namespace: 'shop', name, creationTimestamp },
  ...(status === undefined ? {} : { status }),
})
const ready = (status: string, reason: string, message = '') => ({
  conditions: [{ type: 'Ready', status, reason, message }],
})

it('counts what is synced', () =>
  expect(pushSecretFindings([pushSecret('a', ready('True', 'Synced'))], NOW_MS)).toEqual([
    { status: 'ok', detail: '1 Synced' },
  ]))

it('names a failure with what to do', () => {
  const status = ready('False', 'TargetConflict', 'KMS secret "db": it was not created by a PushSecret')
  expect(pushSecretFindings([pushSecret('a', status)], NOW_MS)).toEqual([
    expect.objectContaining({
      status: 'failed',
      title: 'PushSecret shop/a',
      detail: 'TargetConflict: KMS secret "db": it was not created by a PushSecret',
      action: expect.stringContaining('acksm:owner') as string,
    }),
  ])
})

it('says that the operator must be started for PushSecrets, a minute after one is created', () => {
  const fresh = pushSecret('b', undefined, '2026-01-01T23:59:30Z')
  expect(pushSecretFindings([pushSecret('a'), fresh], NOW_MS)).toEqual([
    expect.objectContaining({
      status: 'failed',
      detail: '1 without a status: shop/a',
      action: expect.stringContaining('--process-push-secret') as string,
    }),
  ])
})

it('says how to release what an operator that no longer pushes leaves behind', () => {
  const deleted = (name: string, deletionTimestamp: string, finalizer: string, reason = 'Synced') => ({
    metadata: { namespace: 'shop', name, deletionTimestamp, finalizers: [finalizer] },
    status: ready(reason === 'Synced' ? 'True' : 'False', reason),
  })
  const ours = 'alibabacloud.com/pushed-secrets'
  const findings = pushSecretFindings(
    [
      deleted('stuck', '2026-01-01T23:00:00Z', ours),
      deleted('fresh', '2026-01-01T23:59:30Z', ours),
      deleted('theirs', '2026-01-01T23:00:00Z', 'example.com/other'),
      deleted('refused', '2026-01-01T23:00:00Z', ours, 'DeletionFailed'),
    ],
    NOW_MS,
  )
  expect(findings.at(-1)).toEqual({
    status: 'failed',
    detail: '1 deleted, but the operator does not release: shop/stuck',
    action: expect.stringContaining('acksm release NAME -n NAMESPACE') as string,
    resources: ['shop/stuck'],
  })
})

it('is fine without any', () => expect(pushSecretFindings([], NOW_MS)).toEqual([{ status: 'ok', detail: '0 Synced' }]))
