import type { CaseNote } from '../contract-case.ts'

/** One rule for one subject, and what came of it. */
export interface ContractCell extends CaseNote {
  readonly result: 'kept' | 'broken' | 'left out'
}

const SIGNS = { kept: '✓', broken: '✗', 'left out': '–' } as const

/** One table a contract: rules down, subjects across; below it the reasons of skipped cases. */
export function contractTables(cells: readonly ContractCell[]): string {
  const contracts = [...new Set(cells.map(({ contract }) => contract))]
  return contracts
    .map((contract) =>
      tableOf(
        contract,
        cells.filter((cell) => cell.contract === contract),
      ),
    )
    .join('\n')
}

function tableOf(contract: string, cells: readonly ContractCell[]): string {
  const subjects = [...new Set(cells.map(({ subject }) => subject))].toSorted()
  const rules = [...new Set(cells.map(({ rule }) => rule))]
  const width = Math.max(...rules.map(({ length }) => length))
  const sign = (rule: string, subject: string): string => {
    const cell = cells.find((each) => each.rule === rule && each.subject === subject)
    return cell === undefined ? ' ' : SIGNS[cell.result]
  }
  const lines = rules.map(
    (rule) =>
      `${rule.padEnd(width)}  ${subjects.map((subject, index) => sign(rule, subject).padEnd(letter(index).length + 1)).join(' ')}`,
  )
  const reasons = new Map<string, string[]>()
  for (const { subject, leftOut } of cells) {
    if (leftOut === undefined) continue
    const line = `  – ${subject}: ${leftOut}`
    reasons.set(line, [...(reasons.get(line) ?? []), subject])
  }
  const kept = cells.filter(({ result }) => result === 'kept').length
  const broken = cells.filter(({ result }) => result === 'broken').length
  const leftOut = cells.length - kept - broken
  return [
    `${contract}: ${subjects.length} × ${rules.length} rules: ${kept} kept, ${broken} broken, ${leftOut} left out`,
    ...subjects.map((subject, index) => `  ${letter(index)} ${subject}`),
    '',
    `${' '.repeat(width)}  ${subjects.map((_subject, index) => letter(index).padEnd(letter(index).length + 1)).join(' ')}`,
    ...lines.map((line) => line.trimEnd()),
    ...(reasons.size === 0 ? [] : ['', ...reasons.keys()]),
    '',
  ].join('\n')
}

function letter(index: number): string {
  return String.fromCodePoint('A'.codePointAt(0)! + index)
}
