import type { JSX } from 'preact'
import { useMessages } from '../../state/app.ts'
import { Icon } from '../base/icon.tsx'

/** What a row waits for, in one line below its state. */
export function RowNotes({
  row,
}: {
  readonly row: { readonly isDeleting: boolean; readonly isRefreshing?: boolean; readonly isOutdated: boolean }
}): JSX.Element | null {
  const messages = useMessages()
  const notes = [
    row.isDeleting ? messages.row.deleting : '',
    row.isRefreshing === true ? messages.row.refreshing : '',
    row.isOutdated ? messages.row.outdated : '',
  ].filter((note) => note !== '')
  if (notes.length === 0) return null
  return (
    <span class="row-note" title={notes.join(', ')}>
      <Icon name="pending" />
      <span>{notes[0]}</span>
    </span>
  )
}
