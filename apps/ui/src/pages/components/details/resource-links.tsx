import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { ALL_RESOURCES, resourceHref, type ResourceQuery, resourcesHref } from '../../routes.ts'
import { useApp } from '../../state/app.ts'
import { selectRows } from '../../state/select-rows.ts'
import { RowLinks } from '../tables/row-links.tsx'

/** The first resources of a query, those with a problem first, and a link to all. */
export function ResourceLinks({ query }: { readonly query: Partial<ResourceQuery> }): JSX.Element {
  const { data } = useApp()
  const resources = data.resources.value
  const href = resourcesHref(query)
  const rows = useMemo(() => selectRows(resources.values(), { ...ALL_RESOURCES, ...query }), [resources, href])
  return <RowLinks rows={rows} hrefOf={({ key }) => resourceHref(key)} allHref={href} />
}
