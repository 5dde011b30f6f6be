import type { WrittenCase } from './case-file.ts'
import { conformanceSections, type Result, type Row } from './conformance.ts'

/** The rows of the conformance table as cases: whole value, `extract`, and path. */
export function conformanceCases(): readonly WrittenCase[] {
  const rows = conformanceSections().flatMap(({ title, rows: all }) =>
    all.map((row, index) => [row, `${title}, row ${index + 1}`] as const),
  )
  return rows.flatMap(([row, where], index) => casesOf(row, where, `conformance/${index}`))
}

function casesOf({ document, extract, jmesPath, others }: Row, rule: string, key: string): WrittenCase[] {
  const entries = {
    whole: { key, name: 'whole' },
    extract: { extract: { key } },
    jmesPath: { key, jmesPath: [{ path: 'key', objectAlias: 'picked' }] },
  }
  const secrets: WrittenCase['secrets'] = [[key, document]]
  if (typeof extract === 'string' && typeof jmesPath === 'string') {
    const gives: WrittenCase['gives'] = [
      ['whole', document],
      ['key', extract],
      ['picked', jmesPath],
      ...Object.entries(others),
    ]
    return [{ rule, secrets, spec: { data: [entries.whole, entries.jmesPath], dataProcess: [entries.extract] }, gives }]
  }
  return [
    { rule: `${rule}: whole`, secrets, spec: { data: [entries.whole] }, gives: [['whole', document]] },
    // The secret exists already.
    { rule: `${rule}: extract`, secrets: [], spec: { dataProcess: [entries.extract] }, ...outcome('key', extract) },
    { rule: `${rule}: jmesPath`, secrets: [], spec: { data: [entries.jmesPath] }, ...outcome('picked', jmesPath) },
  ]
}

function outcome(key: string, result: Result): Pick<WrittenCase, 'gives' | 'refused'> {
  return typeof result === 'string'
    ? { gives: [[key, result]] }
    : { refused: { reason: result.refused, says: [], ownWords: false } }
}
