import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { formatRoute, pushSecretHref } from '../../routes.ts'
import { useApp, useMessages } from '../../state/app.ts'
import { pushSecretsOf } from '../../state/select-push-secrets.ts'
import { RowLinks } from '../tables/row-links.tsx'
import { Section } from '../base/section.tsx'

/** The PushSecrets that write through a store; nothing without one. */
export function StorePushSecrets({ store }: { readonly store: string }): JSX.Element | null {
  const { data } = useApp()
  const { push: texts } = useMessages()
  const pushSecrets = data.pushSecrets.value
  const rows = useMemo(() => pushSecretsOf(pushSecrets.values(), store), [pushSecrets, store])
  if (rows.length === 0) return null
  const notReady = rows.filter(({ state }) => state !== 'ready').length
  return (
    <Section title={texts.title} class="card" note={texts.summary(rows.length, notReady)}>
      <RowLinks
        rows={rows}
        hrefOf={({ id }) => pushSecretHref(id)}
        allHref={formatRoute({ page: 'pushSecrets', text: store })}
      />
    </Section>
  )
}
