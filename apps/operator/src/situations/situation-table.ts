/** Rows that promise what happens, each with a test of its own. The words are those of the page in `docs`. */
export interface SituationTable {
  readonly title: string
  /** What stands above the table, Markdown. */
  readonly about: string
  /** Heads, by column. */
  readonly columns: Readonly<Record<string, string>>
  /** The columns that tell a row from others; together they name its test. */
  readonly named: readonly string[]
  /** Cells in Markdown by column, by id of the row: one that may be the name of a Kubernetes object. */
  readonly rows: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** The columns of tables that say what happens when. */
export const WHAT_HAPPENS = {
  columns: { situation: 'Situation', secret: 'The Secret', ready: 'Ready', next: 'Then' },
  named: ['situation'],
} as const

/** Name of a row’s test. */
export function nameOfRow({ rows, named }: SituationTable, id: string): string {
  return named.map((column) => rows[id]?.[column]).join(' | ')
}
