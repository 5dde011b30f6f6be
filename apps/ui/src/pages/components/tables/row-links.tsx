import type { JSX } from 'preact'
import type { PushSecretRow, ResourceRow } from '../../../model/views/index.ts'
import { useMessages } from '../../state/app.ts'
import { ResourceBadge } from '../base/state-badge.tsx'
import { Key, Text } from '../base/text.tsx'

const SHOWN = 10

type Row = Pick<ResourceRow | PushSecretRow, 'namespace' | 'name' | 'state' | 'reason'>

/** The first rows, and a link to all. */
export function RowLinks<T extends Row>({
  rows,
  hrefOf,
  allHref,
}: {
  readonly rows: readonly T[]
  readonly hrefOf: (row: T) => string
  readonly allHref: string
}): JSX.Element {
  const messages = useMessages()
  return (
    <>
      <ul class="resource-links">
        {rows.slice(0, SHOWN).map((row) => (
          <li key={hrefOf(row)}>
            <a href={hrefOf(row)}>
              <Key value={`${row.namespace}/${row.name}`} />
            </a>
            <ResourceBadge state={row.state} />
            <span class="muted line">{row.state === 'ready' ? '' : <Text value={row.reason} />}</span>
          </li>
        ))}
      </ul>
      {rows.length > SHOWN ? (
        <a class="more" href={allHref}>
          {messages.cause.all(rows.length)}
        </a>
      ) : null}
    </>
  )
}
