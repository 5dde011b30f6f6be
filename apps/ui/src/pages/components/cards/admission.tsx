import type { JSX } from 'preact'
import type { AdmissionView, StoreRow } from '../../../model/views/index.ts'
import { useMessages } from '../../state/app.ts'
import { Section } from '../base/section.tsx'
import { Text } from '../base/text.tsx'

/** Who may use a store, and for what. */
export function Admission({ store }: { readonly store: StoreRow }): JSX.Element {
  const { admission: texts } = useMessages()
  const { conditions, allow, maxReadsPerSecond, maxSecretsPerNamespace } = store.admission
  return (
    <Section title={texts.title} class="card">
      {conditions.length > 0 ? (
        <ul class="plain-list">
          {conditions.map((condition, index) => (
            <li key={index}>
              <Condition condition={condition} />
            </li>
          ))}
        </ul>
      ) : (
        <p>
          {store.kind === 'SecretStore' ? texts.ownNamespace : texts.all}{' '}
          {store.namespace === '' ? null : (
            <code>
              <Text value={store.namespace} />
            </code>
          )}
        </p>
      )}
      {allow.length === 0 ? null : (
        <>
          <h3>{texts.allow}</h3>
          <ul class="plain-list">
            {allow.map((rule, index) => (
              <li key={index}>
                <Words title={texts.namespaces} words={rule.namespaces} none={texts.admitted} />
                <Words title={texts.secrets} words={rule.secrets} none="" />
                <Words title={texts.endpoints} words={rule.endpoints} none="" />
              </li>
            ))}
          </ul>
        </>
      )}
      <ul class="plain-list">
        {maxSecretsPerNamespace === undefined ? null : <li>{texts.maxSecrets(maxSecretsPerNamespace)}</li>}
        {maxReadsPerSecond === undefined ? null : <li>{texts.maxReads(maxReadsPerSecond)}</li>}
      </ul>
    </Section>
  )
}

function Condition({ condition }: { readonly condition: AdmissionView['conditions'][number] }): JSX.Element {
  const { admission: texts } = useMessages()
  return (
    <>
      <Words title={texts.namespaces} words={condition.namespaces} none="" />
      <Words title={texts.regexes} words={condition.regexes} none="" />
      <Words title={texts.labels} words={condition.labels === '' ? [] : [condition.labels]} none="" />
    </>
  )
}

function Words({
  title,
  words,
  none,
}: {
  readonly title: string
  readonly words: readonly string[]
  readonly none: string
}): JSX.Element | null {
  if (words.length === 0 && none === '') return null
  return (
    <p class="words">
      <span class="muted">{title}</span>{' '}
      {words.length === 0
        ? none
        : words.map((word) => (
            <code key={word}>
              <Text value={word} />
            </code>
          ))}
    </p>
  )
}
