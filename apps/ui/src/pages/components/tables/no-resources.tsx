import type { JSX } from 'preact'
import { useApp, useMessages } from '../../state/app.ts'
import { Notice } from '../base/notice.tsx'

/** There is no ExternalSecret. In a namespace that the user has named, the name may be the reason. */
export function NoResources(): JSX.Element {
  const { data } = useApp()
  const { overview: texts } = useMessages()
  const namespace = data.session.value?.namespace
  return (
    <Notice
      tone="plain"
      icon="resources"
      title={namespace === undefined ? texts.noneTitle : texts.noneInTitle(namespace)}
      text={namespace === undefined ? texts.noneText : texts.noneInText}
      commands={namespace === undefined ? ['acksm init'] : ['acksm ui -A', 'acksm init']}
    />
  )
}
