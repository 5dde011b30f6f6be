import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { OverviewView, StoreProblemView } from '../model/views/index.ts'
import { CauseCard } from './components/cards/cause-card.tsx'
import { ChangeList } from './components/details/change-list.tsx'
import { CountBar } from './components/tables/count-bar.tsx'
import { Icon } from './components/base/icon.tsx'
import { KmsCard } from './components/cards/kms-card.tsx'
import { NoResources } from './components/tables/no-resources.tsx'
import { OperatorCard } from './components/cards/operator-card.tsx'
import { PushCard } from './components/cards/push-card.tsx'
import { RotationCard } from './components/cards/rotation-card.tsx'
import { Section } from './components/base/section.tsx'
import { Badge } from './components/base/state-badge.tsx'
import { Text } from './components/base/text.tsx'
import { Age } from './components/base/time.tsx'
import { storeHref } from './routes.ts'
import { useApp, useMessages } from './state/app.ts'

/** The first page: what is wrong and since when, then what changed and what is to come. */
export function OverviewPage({ open }: { readonly open: readonly string[] | undefined }): JSX.Element | null {
  const { data } = useApp()
  const messages = useMessages()
  const overview = data.overview.value
  if (overview === undefined) return null
  if (overview.counts.total === 0) return <EmptyOverview overview={overview} />
  const { total, ready, degraded, failing, pending, suspended } = overview.counts
  const notReady = degraded + failing + pending
  return (
    <>
      <header class="hero">
        <h1 tabIndex={-1} class={notReady === 0 ? 'tone-ok' : ''}>
          <Icon name={notReady === 0 ? 'ready' : 'failing'} class={notReady === 0 ? '' : 'tone-bad'} />
          {notReady === 0
            ? messages.overview.allReady(ready, suspended)
            : messages.overview.notReady(notReady, { total, suspended })}
        </h1>
        <CountBar counts={overview.counts} />
      </header>
      <div class="overview-grid">
        <div class="overview-main">
          <Causes overview={overview} open={open} />
          <StoreProblems problems={overview.storeProblems} more={overview.moreStoreProblems} />
          <PushCard pushSecrets={overview.pushSecrets} />
          <ChangeList changes={overview.changes} />
        </div>
        <div class="overview-side">
          <OperatorCard operator={overview.operator} />
          <KmsCard kms={overview.kms} />
          <RotationCard calendar={overview.calendar} />
        </div>
      </div>
    </>
  )
}

/** The URL has what the user opened, so that a link shows the same to a colleague. */
function Causes({
  overview: { causes, more },
  open,
}: {
  readonly overview: OverviewView
  readonly open: readonly string[] | undefined
}): JSX.Element | null {
  const messages = useMessages()
  const { navigation } = useApp()
  // Later, only the user opens and closes a cause, even if another one becomes the first.
  const [first] = useState(causes[0]?.id)
  const openIds = open ?? (first === undefined ? [] : [first])
  const isGone = open !== undefined && open.length > 0 && !causes.some(({ id }) => open.includes(id))
  if (causes.length === 0 && !isGone) return null
  const set = (id: string, isOpen: boolean): void => {
    const others = causes.flatMap((cause) => (cause.id !== id && openIds.includes(cause.id) ? cause.id : []))
    navigation.replace({ page: 'overview', causes: isOpen ? [...others, id] : others })
  }
  return (
    <Section title={messages.overview.causes} class="causes">
      {isGone ? <p class="hint">{messages.overview.goneCause}</p> : null}
      {causes.map((cause) => (
        <CauseCard
          key={cause.id}
          cause={cause}
          isOpen={openIds.includes(cause.id)}
          onToggle={(isOpen) => set(cause.id, isOpen)}
        />
      ))}
      {more.causes > 0 ? <p class="hint">{messages.overview.moreCauses(more.causes, more.resources)}</p> : null}
    </Section>
  )
}

function StoreProblems({
  problems,
  more,
}: {
  readonly problems: readonly StoreProblemView[]
  readonly more: number
}): JSX.Element | null {
  const messages = useMessages()
  if (problems.length === 0) return null
  return (
    <Section title={messages.overview.storeProblems} class="card">
      <ul class="store-problems">
        {problems.map((problem) => (
          <li key={`${problem.state} ${problem.stores[0]}`}>
            <Badge
              tone={problem.state === 'unreachable' ? 'warn' : 'bad'}
              icon={problem.state === 'unreachable' ? 'unreachable' : 'failing'}
              text={problem.state === 'unreachable' ? messages.storeStates.unreachable : problem.state}
            />
            {problem.since === undefined ? null : (
              <span class="muted">
                <Age at={problem.since} as={problem.state === 'unreachable' ? 'since' : 'notReady'} />
              </span>
            )}
            <span class="store-problem-stores">
              {problem.stores.map((store) => (
                <a key={store} href={storeHref(store)}>
                  <Text value={store} />
                </a>
              ))}
            </span>
            <p lang="en">
              <Text value={problem.cause} />
            </p>
          </li>
        ))}
      </ul>
      {more > 0 ? <p class="hint">{messages.overview.moreStoreProblems(more)}</p> : null}
    </Section>
  )
}

function EmptyOverview({ overview }: { readonly overview: OverviewView }): JSX.Element {
  return (
    <>
      <NoResources />
      <PushCard pushSecrets={overview.pushSecrets} />
      <div class="overview-empty">
        <OperatorCard operator={overview.operator} />
        <KmsCard kms={overview.kms} />
      </div>
    </>
  )
}
