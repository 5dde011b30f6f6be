import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { PushedView, PushSecretDetail } from '../../../model/views/index.ts'
import { storeHref } from '../../routes.ts'
import { useMessages } from '../../state/app.ts'
import { Icon } from '../base/icon.tsx'
import { Empty, Section } from '../base/section.tsx'
import { Badge } from '../base/state-badge.tsx'
import { Text } from '../base/text.tsx'
import { Age } from '../base/time.tsx'

const LOOKS = {
  Pending: { tone: 'wait', icon: 'pending' },
  Pushed: { tone: 'ok', icon: 'ready' },
  Kept: { tone: 'plain', icon: 'ready' },
  Failed: { tone: 'bad', icon: 'failing' },
  Deleting: { tone: 'warn', icon: 'degraded' },
} as const

const SHOWN = 24

/** The KMS secrets that a PushSecret writes or has written: those with a problem first, then those that are not done. */
export function PushTargets({ detail }: { readonly detail: PushSecretDetail }): JSX.Element {
  const { push: texts } = useMessages()
  const isAll = useSignal(false)
  const { targets, message } = detail
  const sorted = targets.toSorted((one, other) => rankOf(one) - rankOf(other))
  return (
    <Section
      title={texts.targets}
      class="card"
      note={targets.length === 0 ? undefined : texts.kmsSecrets(targets.length)}
    >
      {targets.length === 0 ? <Empty>{texts.noTargets}</Empty> : null}
      <ul class="sources">
        {(isAll.value ? sorted : sorted.slice(0, SHOWN)).map((target) => (
          <Target key={`${target.store} ${target.key}`} target={target} isShown={message.includes(target.message)} />
        ))}
      </ul>
      {targets.length > SHOWN ? (
        <button type="button" class="button" onClick={() => (isAll.value = !isAll.value)}>
          {isAll.value ? texts.less : texts.more(targets.length)}
        </button>
      ) : null}
    </Section>
  )
}

function rankOf({ message, state }: PushedView): number {
  if (message !== '') return 0
  return state === 'Pushed' || state === 'Kept' ? 2 : 1
}

function Target({
  target,
  isShown,
}: {
  readonly target: PushedView
  /** Its message is at the top of the page. */
  readonly isShown: boolean
}): JSX.Element {
  const { push: texts } = useMessages()
  return (
    <li>
      <header class="source-head">
        <Icon name="key" />
        <h3>
          <Text value={target.key} />
        </h3>
        <Badge {...LOOKS[target.state]} text={texts.states[target.state]} />
      </header>
      {target.message === '' ? null : isShown ? (
        <p class="hint">{texts.shownAbove}</p>
      ) : (
        <p class="source-message" lang="en">
          <Text value={target.message} />
        </p>
      )}
      <dl class="facts facts-row">
        {target.versionId === '' ? null : (
          <div>
            <dt>{texts.version}</dt>
            <dd>
              <Text value={target.versionId} />
            </dd>
          </div>
        )}
        <div>
          <dt>{texts.store}</dt>
          <dd>
            <a href={storeHref(target.store)}>
              <Text value={target.store} />
            </a>
          </dd>
        </div>
        {target.pushedAt === undefined ? null : (
          <div>
            <dt>{texts.lastPush}</dt>
            <dd>
              <Age at={target.pushedAt} as="ago" />
            </dd>
          </div>
        )}
      </dl>
    </li>
  )
}
