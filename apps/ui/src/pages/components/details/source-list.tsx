import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { SourceView, TargetView } from '../../../model/views/index.ts'
import { storeHref } from '../../routes.ts'
import { useMessages } from '../../state/app.ts'
import { Icon } from '../base/icon.tsx'
import { Empty, Section } from '../base/section.tsx'
import { Badge } from '../base/state-badge.tsx'
import { Text } from '../base/text.tsx'
import { Until } from '../base/time.tsx'

const LOOKS = {
  ok: { tone: 'ok', icon: 'ready' },
  failed: { tone: 'bad', icon: 'failing' },
  unread: { tone: 'wait', icon: 'pending' },
} as const

const SHOWN_KEYS = 24

/** The KMS secrets of a resource, with version and stage, and the keys that come from each. */
export function SourceList({
  sources,
  target,
  message,
}: {
  readonly sources: readonly SourceView[]
  readonly target: TargetView
  /** Of the resource; a source does not repeat it. */
  readonly message: string
}): JSX.Element {
  const { sources: texts } = useMessages()
  return (
    <Section title={texts.title} class="card">
      {sources.length === 0 ? <Empty>{texts.none}</Empty> : null}
      <ul class="sources">
        {sources.map((source, index) => (
          <Source
            key={`${source.secret} ${source.versionStage} ${index}`}
            source={source}
            target={target}
            isShown={message.includes(source.message)}
          />
        ))}
      </ul>
    </Section>
  )
}

function Source({
  source,
  target,
  isShown,
}: {
  readonly source: SourceView
  readonly target: TargetView
  /** Its message is at the top of the page. */
  readonly isShown: boolean
}): JSX.Element {
  const { sources: texts } = useMessages()
  return (
    <li>
      <header class="source-head">
        <Icon name="key" />
        <h3>
          <Text value={source.secret} />
        </h3>
        <Badge {...LOOKS[source.state]} text={texts.states[source.state]} />
      </header>
      {source.message === '' ? null : isShown ? (
        <p class="hint">{texts.shownAbove}</p>
      ) : (
        <p class="source-message" lang="en">
          <Text value={source.message} />
        </p>
      )}
      <dl class="facts facts-row">
        <Fact title={texts.version} value={source.versionId} />
        <Fact title={texts.stage} value={source.versionStage} />
        <Fact title={texts.type} value={source.type} />
        <div>
          <dt>{texts.store}</dt>
          <dd>
            {source.store === '' ? (
              texts.operatorIdentity
            ) : (
              <a href={storeHref(source.store)}>
                <Text value={source.store} />
              </a>
            )}
          </dd>
        </div>
        {source.rotation === undefined ? null : (
          <div>
            <dt>{texts.rotation}</dt>
            <dd>
              {source.rotation.automatic ? texts.automatic : texts.manual}
              {source.rotation.nextTime === undefined ? null : (
                <>
                  {' '}
                  <Until at={source.rotation.nextTime} />
                </>
              )}
            </dd>
          </div>
        )}
      </dl>
      <Keys keys={source.keys} target={target} />
    </li>
  )
}

function Fact({ title, value }: { readonly title: string; readonly value: string }): JSX.Element | null {
  if (value === '') return null
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        <Text value={value} />
      </dd>
    </div>
  )
}

function Keys({ keys, target }: { readonly keys: readonly string[]; readonly target: TargetView }): JSX.Element {
  const { sources: texts } = useMessages()
  const isAll = useSignal(false)
  if (keys.length === 0) return <p class="hint">{texts.noKeys[target.state]}</p>
  return (
    <div class="keys">
      <span class="keys-title">{texts.keys(keys.length)}</span>
      <ul>
        {(isAll.value ? keys : keys.slice(0, SHOWN_KEYS)).map((key) => (
          <li key={key}>
            <code>
              <Text value={key} />
            </code>
          </li>
        ))}
      </ul>
      {keys.length > SHOWN_KEYS ? (
        <button type="button" class="button" onClick={() => (isAll.value = !isAll.value)}>
          {isAll.value ? texts.less : texts.all(keys.length)}
        </button>
      ) : null}
    </div>
  )
}
