import type { JSX } from 'preact'
import type { PushProblemView, PushSecretsView } from '../../../model/views/index.ts'
import { visibleText } from '../../format/visible-text.ts'
import { formatRoute, pushSecretHref, storeHref } from '../../routes.ts'
import { useMessages } from '../../state/app.ts'
import { Section } from '../base/section.tsx'
import { Badge } from '../base/state-badge.tsx'
import { Key, Text } from '../base/text.tsx'
import { Age } from '../base/time.tsx'

const SHOWN = 3

/** PushSecrets on the first page: how many are Ready, and what is wrong with the others. Nothing without one. */
export function PushCard({ pushSecrets }: { readonly pushSecrets: PushSecretsView }): JSX.Element | null {
  const { push: texts } = useMessages()
  const { counts, problems, more } = pushSecrets
  if (counts.total === 0) return null
  const notReady = counts.degraded + counts.failing + counts.pending
  return (
    <Section title={texts.title} class="card" note={texts.summary(counts.total, notReady)}>
      <ul class="store-problems">
        {problems.map((problem) => (
          <Problem key={`${problem.reason} ${problem.pushSecrets[0]}`} problem={problem} />
        ))}
      </ul>
      {more > 0 ? <p class="hint">{texts.moreProblems(more)}</p> : null}
      <p>
        <a href={formatRoute({ page: 'pushSecrets', text: '' })}>{texts.all}</a>
      </p>
    </Section>
  )
}

function Problem({ problem }: { readonly problem: PushProblemView }): JSX.Element {
  const { push: texts } = useMessages()
  const { reason, cause, stores, pushSecrets, count, since } = problem
  const isReported = reason !== 'Unknown'
  return (
    <li>
      <Badge tone={isReported ? 'bad' : 'wait'} icon={isReported ? 'failing' : 'pending'} text={visibleText(reason)} />
      {since === undefined ? null : (
        <span class="muted">
          <Age at={since} as="notReady" />
        </span>
      )}
      <span class="store-problem-stores">
        {pushSecrets.slice(0, SHOWN).map((id) => (
          <a key={id} href={pushSecretHref(id)}>
            <Key value={id.slice(id.indexOf(' ') + 1)} />
          </a>
        ))}
        {count > SHOWN ? texts.others(count - SHOWN) : null}
        {stores.slice(0, 1).map((store) => (
          <a key={store} href={storeHref(store)}>
            <Text value={store} />
          </a>
        ))}
      </span>
      <p lang="en">
        <Text value={cause} />
      </p>
    </li>
  )
}
