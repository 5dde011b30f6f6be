import type { JSX } from 'preact'
import type { OperatorView, ReplicaView } from '../../../model/views/index.ts'
import { useMessages } from '../../state/app.ts'
import { Icon } from '../base/icon.tsx'
import { Section } from '../base/section.tsx'
import { Badge } from '../base/state-badge.tsx'
import { Text } from '../base/text.tsx'
import { Age } from '../base/time.tsx'

const BADGES = {
  running: { tone: 'ok', icon: 'ready' },
  stopped: { tone: 'bad', icon: 'failing' },
  unknown: { tone: 'plain', icon: 'unknown' },
} as const

/** The operator: whether it runs, its replicas, and which of them leads. */
export function OperatorCard({ operator }: { readonly operator: OperatorView }): JSX.Element {
  const { operator: texts } = useMessages()
  return (
    <Section
      title={texts.title}
      class="card"
      note={<Badge {...BADGES[operator.state]} text={texts.states[operator.state]} />}
    >
      {operator.state === 'running' ? null : (
        <p class="card-text">
          <Text value={operator.detail} />
        </p>
      )}
      <dl class="facts facts-short">
        {operator.namespace === undefined ? null : (
          <>
            <dt>{texts.namespace}</dt>
            <dd>
              <Text value={operator.namespace} />
              {operator.isConfirmed
                ? ''
                : ` ${operator.isUnconfirmable === true ? texts.unconfirmable : texts.supposed}`}
            </dd>
          </>
        )}
        {operator.version === undefined ? null : (
          <>
            <dt>{texts.version}</dt>
            <dd title={operator.image}>
              <Text value={operator.version} />
            </dd>
          </>
        )}
        {operator.wanted === undefined ? null : (
          <>
            <dt>{texts.replicas}</dt>
            <dd>{texts.ready(operator.ready ?? 0, operator.wanted)}</dd>
          </>
        )}
        {operator.isLed || operator.state === 'unknown' ? null : (
          <>
            <dt>{texts.leader}</dt>
            <dd class="tone-bad">
              <Icon name="failing" /> {texts.noLeader}{' '}
              {operator.lastRenewed === undefined ? null : <Age at={operator.lastRenewed} as="ago" />}
            </dd>
          </>
        )}
      </dl>
      {operator.replicas === undefined ? (
        <p class="hint">{texts.hidden}</p>
      ) : (
        <ul class="replicas">
          {operator.replicas.map((replica) => (
            <Replica key={replica.name} replica={replica} />
          ))}
        </ul>
      )}
    </Section>
  )
}

function Replica({ replica }: { readonly replica: ReplicaView }): JSX.Element {
  const { operator: texts } = useMessages()
  return (
    <li class={`replica tone-${replica.isReady ? 'ok' : 'bad'}`}>
      <Icon name={replica.isReady ? 'ready' : 'failing'} />
      <span class="replica-name">
        <Text value={replica.name} />
        {replica.isLeader ? (
          <span class="chip chip-accent">
            <Icon name="star" />
            {texts.leads}
          </span>
        ) : null}
      </span>
      <span class="replica-detail">
        <Text value={replica.phase} />
        {replica.startedAt === undefined ? null : (
          <>
            {' '}
            <Age at={replica.startedAt} />
          </>
        )}
        {replica.restarts > 0 ? ` · ${texts.restarts(replica.restarts)}` : ''}
        {replica.node === '' ? '' : ' · '}
        <Text value={replica.node} />
      </span>
    </li>
  )
}
