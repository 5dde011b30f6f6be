const COLUMNS = 100
const ROWS = 40

/** A stream that has a size if it is a terminal. */
interface SizedStream {
  readonly columns?: number
  readonly rows?: number
}

/** Size of a terminal. A terminal without a size has 0 columns and 0 rows, such as one that a container opens before it is attached. Pure. */
export function terminalSize({ columns, rows }: SizedStream): Required<SizedStream> {
  return { columns: columns || COLUMNS, rows: rows || ROWS }
}
