import type { Finding } from '../check.ts'

/** Whether KMS accepts the batches of an operator, by the metrics of its Pods. */
export interface BatchCounts {
  readonly accepted: number
  /** Calls that were denied as a whole, by the backend. */
  readonly denied: ReadonlyMap<string, number>
}

const LINE = /^acksm_batch_calls_total\{backend="([^"]*)",result="([^"]*)"\} (\d+)$/gm
/** Actions and resources that a batch may need besides those of single reads. */
const GRANTS: Readonly<Record<string, string>> = {
  'kms-endpoint': 'kms:BatchGetSecretValue on *',
  'kms-instance': 'kms:BatchGetSecretValue on *',
  oos: 'oos:GetSecretParameters on each parameter',
}

/** Counts the batches of all Pods. Pure. */
export function batchCountsOf(pages: readonly string[]): BatchCounts {
  const denied = new Map<string, number>()
  let accepted = 0
  for (const [, backend = '', result = '', count = '0'] of pages.flatMap((page) => [...page.matchAll(LINE)])) {
    if (result === 'ok') accepted += Number(count)
    else if (result === 'AccessDenied') denied.set(backend, (denied.get(backend) ?? 0) + Number(count))
  }
  return { accepted, denied }
}

/** Findings about an operator with `--kms-batch`. Pure. @param name namespace and name of its Deployment */
export function batchFindings(name: string, { accepted, denied }: BatchCounts): readonly Finding[] {
  if (accepted === 0 && denied.size === 0) return [{ status: 'skipped', detail: `${name}: no batch has been read yet` }]
  if (denied.size === 0) return [{ status: 'ok', detail: `${name}: ${accepted} batches read` }]
  return [...denied].map(([backend, count]): Finding => {
    const grant = GRANTS[backend] ?? 'the action of its batches'
    return {
      status: 'failed',
      detail: `${name}: ${count} batches of ${backend} denied, ${accepted} batches read; the secrets of a denied batch are read one by one`,
      action: `Grant ${grant} to the identity that the log of the operator names ("may not read secrets in batches"), or the reads of a secret that it may not read`,
    }
  })
}
