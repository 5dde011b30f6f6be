import type { ComponentChildren, JSX } from 'preact'
import type { GeneratedView, ResourceDetail } from '../../../model/views/index.ts'
import { storeHref } from '../../routes.ts'
import { useMessages } from '../../state/app.ts'
import { Icon } from '../base/icon.tsx'
import { Section } from '../base/section.tsx'
import { Badge } from '../base/state-badge.tsx'
import { Text } from '../base/text.tsx'
import { Age, Until } from '../base/time.tsx'

/** The keys of a resource that are generated, with their times, and the generators that fail; nothing without one. */
export function GeneratedList({ detail }: { readonly detail: ResourceDetail }): JSX.Element | null {
  const { generated: texts } = useMessages()
  const { generated, failedGenerators, message } = detail
  if (generated.length === 0 && failedGenerators.length === 0) return null
  return (
    <Section title={texts.title} class="card">
      <ul class="sources">
        {failedGenerators.map(({ generator, message: why }) => (
          <li key={`failed ${generator}`}>
            <header class="source-head">
              <Icon name="key" />
              <h3>
                <Text value={generator} />
              </h3>
              <Badge tone="bad" icon="failing" text={texts.states.failed} />
            </header>
            {why !== '' && message.includes(why) ? (
              <p class="hint">{texts.shownAbove}</p>
            ) : (
              <p class="source-message" lang="en">
                <Text value={why} />
              </p>
            )}
          </li>
        ))}
        {generated.map((one) => (
          <GeneratedKey key={one.key} generated={one} />
        ))}
      </ul>
    </Section>
  )
}

function GeneratedKey({ generated }: { readonly generated: GeneratedView }): JSX.Element {
  const { generated: texts } = useMessages()
  const { key, generator, store, generatedAt, renewsAt, expiresAt } = generated
  const isGenerated = generatedAt !== undefined
  return (
    <li>
      <header class="source-head">
        <Icon name="key" />
        <h3>
          <Text value={key} />
        </h3>
        <Badge
          tone={isGenerated ? 'ok' : 'wait'}
          icon={isGenerated ? 'ready' : 'pending'}
          text={isGenerated ? texts.states.generated : texts.states.missing}
        />
      </header>
      <dl class="facts facts-row">
        {generator === undefined ? null : <Fact title={texts.generator}>{texts.generators[generator]}</Fact>}
        {store === undefined ? null : (
          <Fact title={texts.store}>
            <a href={storeHref(store)}>
              <Text value={store} />
            </a>
          </Fact>
        )}
        {generatedAt === undefined ? null : (
          <Fact title={texts.since}>
            <Age at={generatedAt} as="ago" />
          </Fact>
        )}
        {isGenerated ? (
          <Fact title={texts.renews}>{renewsAt === undefined ? texts.never : <Until at={renewsAt} />}</Fact>
        ) : null}
        {expiresAt === undefined ? null : (
          <Fact title={texts.expires}>
            <Until at={expiresAt} />
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
      <dd>{children}</dd>
    </div>
  )
}
