import type { CommandIo } from '@ack-secret-manager/command-line'
import { printable } from '../output/printable.ts'
import { type Paint, paintFor } from '../output/style.ts'
import { type CheckResult, type Finding, SECTIONS } from './check.ts'
import { type Symbols, symbolsFor } from './symbols.ts'
import { jsonText } from '../output/json-text.ts'

/** Number of findings by status. */
export type Summary = Readonly<Record<Finding['status'], number>>

/** Number of findings by status. */
export function summaryOf(results: readonly CheckResult[]): Summary {
  const summary = { ok: 0, failed: 0, skipped: 0 }
  for (const { findings } of results) for (const { status } of findings) summary[status] += 1
  return summary
}

/** Findings of one check and status that are shown to people; the JSON document has all. */
const MAX_SHOWN = 20
const COLOURS = { ok: 'green', failed: 'red', skipped: 'yellow' } as const

/** Prints the findings: by section, or as one JSON document. */
export function printReport(results: readonly CheckResult[], output: 'human' | 'json', io: CommandIo): void {
  io.stdout.write(output === 'json' ? jsonText(reportDocument(results)) : humanText(results, io))
}

/** The JSON document: findings in the order of the checks. */
export function reportDocument(results: readonly CheckResult[]): object {
  const summary = summaryOf(results)
  const checks = results.flatMap(({ check, findings, durationMs }) =>
    findings.map(({ title = check.title, ...finding }) => ({
      id: check.id,
      section: check.section,
      title,
      ...finding,
      durationMs,
    })),
  )
  return { ok: summary.failed === 0, summary, checks }
}

function humanText(results: readonly CheckResult[], io: CommandIo): string {
  const paint = paintFor(io)
  const symbols = symbolsFor(io)
  const parts = SECTIONS.flatMap((section) => {
    const lines = results
      .filter(({ check }) => check.section === section)
      .flatMap(({ check, findings }) =>
        shownOf(findings).map((finding) => linesOf(check.title, finding, symbols, paint)),
      )
    return lines.length === 0 ? [] : [`${paint('bold', section)}\n${lines.join('')}`]
  })
  return `${parts.join('\n')}\n${conclusion(summaryOf(results), symbols, paint)}\n`
}

/** The first findings of each status, and one that counts the others. */
function shownOf(findings: readonly Finding[]): readonly Finding[] {
  const counts = { ok: 0, failed: 0, skipped: 0 }
  const shown = findings.filter(({ status }) => {
    counts[status] += 1
    return counts[status] <= MAX_SHOWN
  })
  const more = findings.length - shown.length
  return more === 0 ? shown : [...shown, { status: 'skipped', detail: `and ${more} more; -o json shows all` }]
}

function linesOf(checkTitle: string, finding: Finding, { marks, arrow, text }: Symbols, paint: Paint): string {
  const { status, title = checkTitle, detail } = finding
  const shown = (words: string): string => text(printable(words))
  const line = `  ${paint(COLOURS[status], marks[status])} ${shown(title)}: ${shown(detail)}\n`
  return finding.status === 'failed' ? `${line}      ${arrow} ${paint('bold', shown(finding.action))}\n` : line
}

function conclusion({ ok, failed, skipped }: Summary, { text }: Symbols, paint: Paint): string {
  const rest = skipped === 0 ? '' : text(` · ${skipped} skipped`)
  if (failed === 0) return `${paint('green', `${ok} fine, nothing to do`)}${rest}`
  return `${paint('red', `${failed} to do`)}${text(` · ${ok} fine`)}${rest}`
}
