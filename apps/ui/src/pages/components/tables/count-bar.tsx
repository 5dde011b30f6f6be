import type { JSX } from 'preact'
import type { Counts, ResourceState } from '../../../model/views/index.ts'
import { resourcesHref, type ResourceQuery } from '../../routes.ts'
import { useMessages } from '../../state/app.ts'
import { STATE_ORDER } from '../../state/select-rows.ts'
import { Icon } from '../base/icon.tsx'
import { RESOURCE_TONES } from '../base/state-badge.tsx'

/** Width of the drawing, and the least width of a part, so that one of ten thousand is visible. */
const WIDTH = 1_000
const LEAST = 8

/** Resources by state: one bar, and the numbers as links to the table. */
export function CountBar({
  counts,
  query = {},
}: {
  readonly counts: Counts
  readonly query?: Partial<ResourceQuery>
}): JSX.Element {
  const messages = useMessages()
  const shown = STATE_ORDER.filter((state) => counts[state] > 0)
  return (
    <div class="counts">
      <svg class="counts-bar" viewBox={`0 0 ${WIDTH} 10`} preserveAspectRatio="none" aria-hidden="true">
        {parts(counts, shown).map(({ state, x, width }) => (
          <rect key={state} class={`fill-${RESOURCE_TONES[state]}`} x={x} width={width} y="0" height="10" />
        ))}
      </svg>
      <ul class="counts-legend">
        {shown.map((state) => (
          <li key={state}>
            <a class={`count tone-${RESOURCE_TONES[state]}`} href={resourcesHref({ ...query, states: [state] })}>
              <Icon name={state} />
              <strong>{messages.number(counts[state])}</strong> {messages.states[state]}
            </a>
          </li>
        ))}
      </ul>
    </div>
  )
}

function parts(counts: Counts, shown: readonly ResourceState[]) {
  const gap = 3
  const rest = WIDTH - shown.length * LEAST - Math.max(0, shown.length - 1) * gap
  let x = 0
  return shown.map((state) => {
    const width = LEAST + (rest * counts[state]) / Math.max(1, counts.total)
    const part = { state, x, width }
    x += width + gap
    return part
  })
}
