import type { ComponentChildren, JSX } from 'preact'
import type { PushEntryView, PushSecretDetail } from '../../../model/views/index.ts'
import { useMessages } from '../../state/app.ts'
import { Icon } from '../base/icon.tsx'
import { Empty, Section } from '../base/section.tsx'
import { Badge, SECRET_LOOKS } from '../base/state-badge.tsx'
import { Key, Text } from '../base/text.tsx'

/** The Secret that is pushed, its keys, and the policies of the spec. */
export function PushSource({ detail }: { readonly detail: PushSecretDetail }): JSX.Element {
  const { push: texts } = useMessages()
  const { source, selectedKeys, entries, policies } = detail
  return (
    <Section title={texts.source} class="card">
      {source === undefined ? (
        <Empty>{texts.noSource}</Empty>
      ) : (
        <>
          <p class="target-head">
            <Icon name="secret" />
            <strong>
              <Key value={`${source.namespace}/${source.name}`} />
            </strong>
            <Badge {...SECRET_LOOKS[source.state]} text={texts.sourceStates[source.state]} />
          </p>
          <dl class="facts facts-row">
            <Fact title={texts.selected}>
              {selectedKeys.length === 0 ? texts.allKeys : <Text value={selectedKeys.join(', ')} />}
            </Fact>
            {policies === undefined ? null : <Policies policies={policies} />}
          </dl>
          <ul class="sources">
            {entries.map((entry, index) => (
              <Entry key={index} entry={entry} />
            ))}
          </ul>
        </>
      )}
    </Section>
  )
}

function Policies({ policies }: { readonly policies: NonNullable<PushSecretDetail['policies']> }): JSX.Element {
  const { push: texts } = useMessages()
  const { update, deletion, recoveryDays, interval } = policies
  return (
    <>
      <Fact title={texts.update}>{update}</Fact>
      <Fact title={texts.deletion}>
        {deletion}
        {deletion === 'Delete' ? ` (${texts.recovery(recoveryDays)})` : ''}
      </Fact>
      <Fact title={texts.interval}>{interval ?? texts.defaultInterval}</Fact>
    </>
  )
}

function Entry({ entry: { key, secretKey, stages } }: { readonly entry: PushEntryView }): JSX.Element {
  const { push: texts } = useMessages()
  return (
    <li>
      <dl class="facts facts-row">
        <Fact title={texts.key}>{secretKey === undefined ? texts.document : <Text value={secretKey} />}</Fact>
        <Fact title={texts.entry}>
          <Text value={key} />
        </Fact>
        {stages.length === 0 ? null : (
          <Fact title={texts.stages}>
            <Text value={stages.join(', ')} />
          </Fact>
        )}
      </dl>
    </li>
  )
}

function Fact({ title, children }: { readonly title: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{title}</dt>
      <dd class="break">{children}</dd>
    </div>
  )
}
