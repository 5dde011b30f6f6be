import type { CheckResult, Finding } from './check.ts'

/** Skips findings whose cause another check has found, so that one cause has one action. Pure. */
export function withoutConsequences(results: readonly CheckResult[]): readonly CheckResult[] {
  const failed = new Map(
    results
      .filter(({ findings }) => findings.some(({ status }) => status === 'failed'))
      .map(({ check }) => [check.id, check.title]),
  )
  return results.map(({ check, findings, ...result }) => ({
    ...result,
    check,
    findings: findings.map((finding) => withoutConsequence(finding, failed, check.unknown)),
  }))
}

function withoutConsequence(
  finding: Finding,
  failed: ReadonlyMap<string, string>,
  unknown: string | undefined,
): Finding {
  if (finding.status !== 'failed') return finding
  const { consequenceOf, blocks: _blocks, ...own } = finding
  const cause = consequenceOf === undefined ? undefined : failed.get(consequenceOf)
  if (cause === undefined) return own
  const detail = unknown === undefined ? `${cause} failed` : `${unknown}: ${cause} failed`
  return { status: 'skipped', detail, ...(own.title === undefined ? {} : { title: own.title }) }
}
