import { execFile } from 'node:child_process'
import { exitOnClosedPipe } from '@ack-secret-manager/testenv'
import { shippedPackages } from './shipped-packages.ts'
import { ROOT } from './workspaces.ts'

/** Known vulnerabilities of the shipped packages, or the reason why the audit failed. */
export type AuditVerdict =
  | { readonly kind: 'checked'; readonly findings: readonly string[] }
  | { readonly kind: 'not checked'; readonly reason: string }

/** Output of `npm audit --json`: counts and packages, or an error. */
interface AuditReport {
  readonly message?: string
  readonly vulnerabilities?: Readonly<Record<string, Weakness>>
}

/** A vulnerable package; `via` contains advisories, and names of vulnerable dependencies. */
interface Weakness {
  readonly severity: string
  readonly via: ReadonlyArray<string | { readonly title: string; readonly url: string }>
}

const DEADLINE_MS = 120_000
const HARMLESS = new Set(['info', 'low'])

/** Parses the output of `npm audit --json`. Findings are shipped packages with a vulnerability that is moderate or worse. */
export function readAudit(printed: string, shipped: ReadonlySet<string>): AuditVerdict {
  let report: AuditReport
  try {
    report = JSON.parse(printed) as AuditReport
  } catch {
    return { kind: 'not checked', reason: 'npm audit printed no report' }
  }
  const { vulnerabilities } = report
  if (!vulnerabilities) {
    return { kind: 'not checked', reason: report.message ?? 'npm audit gave no result' }
  }
  const findings = Object.entries(vulnerabilities)
    .filter(([name, { severity }]) => shipped.has(name) && !HARMLESS.has(severity))
    .map(([name, { severity, via }]) => {
      const reasons = via.map((each) => (typeof each === 'string' ? `by ${each}` : `${each.title}, ${each.url}`))
      return `${name}: ${severity}: ${reasons.join('; ')}`
    })
  return { kind: 'checked', findings: findings.toSorted() }
}

/** Queries the registry for all packages of the lockfile, because programs bundle some of their development dependencies. */
export function audit(env: NodeJS.ProcessEnv): Promise<AuditVerdict> {
  const args = ['audit', '--json']
  const shipped = new Set(shippedPackages().map(({ name }) => name))
  return new Promise((resolve) => {
    // Exit code 1 means findings or a failure; the report distinguishes them.
    execFile('npm', args, { cwd: ROOT, env, timeout: DEADLINE_MS, maxBuffer: 2 ** 26 }, (_error, stdout) =>
      resolve(readAudit(stdout, shipped)),
    )
  })
}

if (import.meta.main) {
  exitOnClosedPipe()
  const verdict = await audit(process.env)
  if (verdict.kind === 'not checked') {
    process.stdout.write(`not checked: the registry answers no audit (${verdict.reason})\n`)
  } else {
    const { findings } = verdict
    process.stdout.write(findings.map((finding) => `${finding}\n`).join(''))
    process.stdout.write(`${findings.length} known weaknesses in what is shipped\n`)
    process.exitCode = findings.length > 0 ? 1 : 0
  }
}
