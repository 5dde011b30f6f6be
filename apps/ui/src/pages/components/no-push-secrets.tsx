import type { JSX } from 'preact'
import { useApp, useMessages } from '../state/app.ts'
import { Notice } from './notice.tsx'

/** There is no PushSecret to show: none exists, or the page cannot know it. */
export function NoPushSecrets(): JSX.Element {
  const { data } = useApp()
  const { push: texts } = useMessages()
  const access = data.access.value.find(({ kind }) => kind === 'PushSecret')
  switch (access?.state) {
    case 'forbidden':
      return (
        <Notice
          tone="plain"
          icon="access"
          title={texts.forbiddenTitle}
          text={texts.forbiddenText}
          detail={access.message}
          commands={access.hint === '' ? [] : [access.hint]}
        />
      )
    case 'absent':
      return (
        <Notice
          tone="plain"
          icon="push"
          title={texts.absentTitle}
          text={texts.absentText}
          commands={['acksm crds | kubectl apply --server-side -f -']}
        />
      )
    case 'live':
    case 'polling':
      return <Notice tone="plain" icon="push" title={texts.noneTitle} text={texts.noneText} />
    default:
      return (
        <Notice
          tone="plain"
          icon="unreachable"
          title={texts.unreadTitle}
          text={texts.unreadText}
          detail={access?.message ?? ''}
        />
      )
  }
}
