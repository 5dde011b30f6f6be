import { expect, it } from 'vitest'
import { batchCountsOf, batchFindings } from './batch-findings.ts'

const page = (...series: readonly (readonly [backend: string, result: string, count: number])[]): string =>
  [
    '# TYPE acksm_batch_calls_total counter',
    ...series.map(
      ([backend, result, count]) => `acksm_batch_calls_total{backend="${backend}",result="${result}"} ${count}`,
    ),
    'acksm_batch_secrets_total{backend="kms-endpoint",result="AccessDenied"} 99',
  ].join('\n')
const findings = (...pages: readonly string[]): unknown => batchFindings('ops/acksm', batchCountsOf(pages))

it('is fine if batches are read, and failures of the network are no denial', () =>
  expect(findings(page(['kms-endpoint', 'ok', 30], ['kms-endpoint', 'Timeout', 2]), page(['oos', 'ok', 4]))).toEqual([
    { status: 'ok', detail: 'ops/acksm: 34 batches read' },
  ]))

it.each([
  ['kms-endpoint', 'kms:BatchGetSecretValue on *'],
  ['oos', 'oos:GetSecretParameters on each parameter'],
  ['plugin', 'the action of its batches'],
])('says what to grant when %s denies batches', (backend, grant) =>
  expect(findings(page([backend, 'AccessDenied', 2], ['other', 'ok', 1]), page([backend, 'AccessDenied', 1]))).toEqual([
    {
      status: 'failed',
      detail: `ops/acksm: 3 batches of ${backend} denied, 1 batches read; the secrets of a denied batch are read one by one`,
      action: expect.stringContaining(`Grant ${grant} to the identity that the log of the operator names`) as string,
    },
  ]),
)

it('says that nothing has been read yet', () =>
  expect(findings(page())).toEqual([{ status: 'skipped', detail: 'ops/acksm: no batch has been read yet' }]))
