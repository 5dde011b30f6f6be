import type { JSX } from 'preact'
import type { CauseView } from '../../../model/views/index.ts'
import { resourceHref, resourcesHref, storeHref, type ResourceQuery } from '../../routes.ts'
import { useMessages } from '../../state/app.ts'
import { Guide } from './guide.tsx'
import { Icon } from '../base/icon.tsx'
import { Key, Prose, Text } from '../base/text.tsx'
import { Age } from '../base/time.tsx'

const SHOWN = 8

/** Resources that are not Ready for one cause: the group first, then what to do, then the resources. */
export function CauseCard({
  cause,
  isOpen,
  onToggle,
}: {
  readonly cause: CauseView
  readonly isOpen: boolean
  readonly onToggle: (isOpen: boolean) => void
}): JSX.Element {
  const messages = useMessages()
  const onElementToggle = ({ currentTarget }: JSX.TargetedEvent<HTMLDetailsElement>): void => {
    // The event also follows a change of `isOpen`.
    if (currentTarget.open !== isOpen) onToggle(currentTarget.open)
  }
  return (
    <details class="cause" open={isOpen} onToggle={onElementToggle}>
      <summary>
        <Summary cause={cause} />
      </summary>
      <div class="cause-body">
        {cause.guide === undefined ? null : <Guide guide={cause.guide} />}
        <h3>{messages.cause.resources}</h3>
        <ul class="links">
          {cause.resources.slice(0, SHOWN).map((key) => (
            <li key={key}>
              <a href={resourceHref(key)}>
                <Key value={key} />
              </a>
            </li>
          ))}
        </ul>
        <p class="cause-links">
          {cause.count > SHOWN ? (
            <a class="more" href={resourcesHref(queryOf(cause))}>
              {messages.cause.all(cause.count)}
            </a>
          ) : null}
          {cause.stores.map((store) => (
            <a key={store} class="more" href={storeHref(store)}>
              {messages.cause.store} <Text value={store} />
            </a>
          ))}
        </p>
        <UsedBy usedBy={cause.usedBy} />
      </div>
    </details>
  )
}

/** What is wrong, with which stores, for how many resources, and since when. */
function Summary({ cause }: { readonly cause: CauseView }): JSX.Element {
  const messages = useMessages()
  return (
    <>
      <span class="cause-icon tone-bad">
        <Icon name="failing" />
      </span>
      <span class="cause-head">
        <span class="cause-title">
          <h3>{cause.reason}</h3>
          {cause.stores.map((store) => (
            <span key={store} class="chip">
              <Icon name="stores" />
              <Text value={store} />
            </span>
          ))}
        </span>
        <span class="cause-text">
          <Prose value={cause.cause} />
        </span>
        <span class="cause-facts">
          <strong>{messages.cause.count(cause.count, cause.total)}</strong>
          {cause.since === undefined ? null : (
            <span>
              <Age at={cause.since} as="notReady" />
            </span>
          )}
          {cause.lastGood === undefined ? null : (
            <span>
              {messages.cause.lastGood} <Age at={cause.lastGood} as="ago" />
            </span>
          )}
        </span>
      </span>
      <Icon name="chevron" class="cause-chevron" />
    </>
  )
}

/** The filter that finds the resources of a cause. Several stores of one cause have its reason in common. */
function queryOf({ reason, stores }: CauseView): Partial<ResourceQuery> {
  if (reason === 'Unknown') return { states: ['pending'] }
  return { reason, store: stores.length === 1 ? (stores[0] ?? '') : '' }
}

function UsedBy({ usedBy }: { readonly usedBy: CauseView['usedBy'] }): JSX.Element | null {
  const messages = useMessages()
  const kinds = Object.entries(usedBy).filter(([, count]) => count > 0)
  if (kinds.length === 0) return null
  return (
    <p class="hint">
      {messages.cause.usedBy}{' '}
      {kinds.map(([kind, count]) => `${messages.number(count)} ${kind}${count === 1 ? '' : 's'}`).join(', ')}
    </p>
  )
}
