import type { JSX } from 'preact'
import type { ResourceDetail, TargetView, WorkloadView } from '../../../model/views/index.ts'
import { useMessages } from '../../state/app.ts'
import { Icon } from '../base/icon.tsx'
import { Empty, Section } from '../base/section.tsx'
import { Badge, SECRET_LOOKS } from '../base/state-badge.tsx'
import { Key, Text } from '../base/text.tsx'
import { Age } from '../base/time.tsx'

/** The Secret and the workloads that use it. */
export function TargetCard({ detail }: { readonly detail: ResourceDetail }): JSX.Element {
  const { target: texts } = useMessages()
  const { target, workloads, readWorkloads, hiddenWorkloads, unreadWorkloads } = detail
  return (
    <Section title={texts.title} class="card">
      <TargetFacts target={target} />
      <h3>{texts.workloads}</h3>
      {workloads === undefined ? <Empty>{texts.hidden}</Empty> : null}
      {workloads?.length === 0 && unreadWorkloads.length === 0 ? (
        <Empty>{texts.none(readWorkloads.join(', '))}</Empty>
      ) : null}
      <ul class="workloads">
        {workloads?.map((workload) => (
          <Workload key={`${workload.kind} ${workload.namespace}/${workload.name}`} workload={workload} />
        ))}
      </ul>
      {workloads !== undefined && hiddenWorkloads.length > 0 ? (
        <p class="hint">
          <Icon name="access" /> {texts.hiddenKinds(hiddenWorkloads.join(', '))}
        </p>
      ) : null}
      {unreadWorkloads.length > 0 ? (
        <p class="hint">
          <Icon name="pending" /> {texts.unreadKinds(unreadWorkloads.join(', '))}
        </p>
      ) : null}
    </Section>
  )
}

function TargetFacts({ target }: { readonly target: TargetView }): JSX.Element {
  const messages = useMessages()
  const { target: texts } = messages
  return (
    <>
      <p class="target-head">
        <Icon name="secret" />
        <strong>
          <Key value={`${target.namespace}/${target.name}`} />
        </strong>
        <Badge {...SECRET_LOOKS[target.state]} text={texts.states[target.state]} />
      </p>
      {target.otherOwner === undefined ? null : (
        <p class="tone-bad source-message">
          <Icon name="failing" /> {texts.otherOwner} <Text value={target.otherOwner} />
        </p>
      )}
      <dl class="facts facts-row">
        {target.type === '' ? null : (
          <div>
            <dt>{texts.type}</dt>
            <dd>
              <Text value={target.type} />
            </dd>
          </div>
        )}
        {target.keyCount === undefined ? null : (
          <div>
            <dt>{texts.keys}</dt>
            <dd>{messages.number(target.keyCount)}</dd>
          </div>
        )}
        {target.changedAt === undefined ? null : (
          <div>
            <dt>{texts.changed}</dt>
            <dd>
              <Age at={target.changedAt} as="ago" />
            </dd>
          </div>
        )}
        {target.createdAt === undefined ? null : (
          <div>
            <dt>{texts.created}</dt>
            <dd>
              <Age at={target.createdAt} as="ago" />
            </dd>
          </div>
        )}
      </dl>
    </>
  )
}

function Workload({ workload }: { readonly workload: WorkloadView }): JSX.Element {
  const { target: texts } = useMessages()
  const isReady = workload.wanted === undefined || (workload.ready ?? 0) >= workload.wanted
  return (
    <li>
      <Icon name="workload" />
      <span class="workload-name">
        <span class="muted">{workload.kind}</span> <Text value={workload.name} />
      </span>
      {workload.wanted === undefined ? null : (
        <Badge
          tone={isReady ? 'ok' : 'warn'}
          icon={isReady ? 'ready' : 'degraded'}
          text={texts.ready(workload.ready ?? 0, workload.wanted)}
        />
      )}
      <span class="workload-uses">
        <Text value={workload.uses.join(', ')} />
        {workload.restartedAt === undefined ? null : (
          <>
            {' · '}
            {texts.restarted} <Age at={workload.restartedAt} as="ago" />
          </>
        )}
      </span>
    </li>
  )
}
