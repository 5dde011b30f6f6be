/** Table of promised behavior, with one test per row. The cells are the text of the reference page. */
export interface ScenarioTable {
  readonly title: string
  /** Text above the table, Markdown. */
  readonly about: string
  /** Column headers. */
  readonly columns: Readonly<Record<string, string>>
  /** Columns that identify a row; together they are the name of its test. */
  readonly named: readonly string[]
  /** Cells in Markdown by column, by row id. Ids are valid names of Kubernetes objects. */
  readonly rows: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Columns of most tables. */
export const WHAT_HAPPENS = {
  columns: { scenario: 'Scenario', secret: 'The Secret', ready: 'Ready', next: 'Next read or attempt' },
  named: ['scenario'],
} as const

/** Name of the test of a row. */
export function nameOfRow({ rows, named }: ScenarioTable, id: string): string {
  return named.map((column) => rows[id]?.[column]).join(' | ')
}
