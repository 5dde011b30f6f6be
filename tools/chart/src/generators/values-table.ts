import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml'

const BEGIN = '<!-- values: generated from values.yaml -->'
const END = '<!-- /values -->'

interface Row {
  readonly name: string
  readonly value: string
  readonly help: string
}

/** Inserts the table of values between its markers. @throws Error if the markers are missing */
export function readmeWithValues(readme: string, values: string): string {
  const begin = readme.indexOf(BEGIN)
  const end = readme.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`the README of the chart lacks ${BEGIN} … ${END}`)
  return `${readme.slice(0, begin)}${BEGIN}\n\n${valuesTable(values)}\n${readme.slice(end)}`
}

/** Every value with its default and the comment above it, as a table in the format of oxfmt. */
export function valuesTable(values: string): string {
  const rows = rowsOf(parseDocument(values).contents as YAMLMap, '')
  const cells = [
    ['Value', 'Default', ''],
    ...rows.map(({ name, value, help }) => [`\`${name}\``, `\`${value}\``, help]),
  ]
  const widths = [0, 1, 2].map((column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`
  const [head = [], ...body] = cells
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('')
}

function rowsOf(map: YAMLMap, prefix: string): Row[] {
  return map.items.flatMap((item, index) => {
    const { key, value } = item
    const name = `${prefix}${isScalar(key) ? String(key.value) : ''}`
    // The parser assigns the comment above the first entry of a map to the map.
    const comment = (index === 0 ? map.commentBefore : undefined) ?? (isScalar(key) ? key.commentBefore : undefined)
    if (isMap(value) && value.items.length > 0 && !OPEN.has(name)) return rowsOf(value, `${name}.`)
    return [{ name, value: JSON.stringify(value), help: proseOf(comment) }]
  })
}

/** Maps with keys chosen by the user. */
const OPEN: ReadonlySet<string> = new Set(['resources', 'metrics.dashboard.labels'])

/** A comment as one line; examples, indented by two spaces, stay in values.yaml. */
function proseOf(comment: string | null | undefined): string {
  return (comment ?? '')
    .split('\n')
    .filter((line) => !line.startsWith('   '))
    .map((line) => line.trim())
    .join(' ')
    .trim()
    .replaceAll('|', '\\|')
}
