import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { ALL_RESOURCES, resourceHref, type ResourceQuery, resourcesHref } from '../routes.ts'
import { useApp, useMessages } from '../state/app.ts'
import { selectRows } from '../state/select-rows.ts'
import { ResourceBadge } from './state-badge.tsx'
import { Key, Text } from './text.tsx'

const SHOWN = 10

/** The first resources of a query, those with a problem first, and a link to all. */
export function ResourceLinks({ query }: { readonly query: Partial<ResourceQuery> }): JSX.Element {
  const { data } = useApp()
  const messages = useMessages()
  const resources = data.resources.value
  const href = resourcesHref(query)
  const rows = useMemo(() => selectRows(resources.values(), { ...ALL_RESOURCES, ...query }), [resources, href])
  return (
    <>
      <ul class="resource-links">
        {rows.slice(0, SHOWN).map((row) => (
          <li key={row.key}>
            <a href={resourceHref(row.key)}>
              <Key value={row.key} />
            </a>
            <ResourceBadge state={row.state} />
            <span class="muted line">{row.state === 'ready' ? '' : <Text value={row.reason} />}</span>
          </li>
        ))}
      </ul>
      {rows.length > SHOWN ? (
        <a class="more" href={href}>
          {messages.cause.all(rows.length)}
        </a>
      ) : null}
    </>
  )
}
