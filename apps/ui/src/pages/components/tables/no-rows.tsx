import type { ComponentChildren, JSX } from 'preact'
import type { ReadKind } from '../../../model/views/index.ts'
import { useApp, useMessages } from '../../state/app.ts'
import type { IconName } from '../base/icon.tsx'
import { Notice } from '../base/notice.tsx'

/** There is no row to show: no object of the kinds exists, which `none` says, or the page cannot know it. */
export function NoRows({
  kinds,
  icon,
  permission,
  none,
}: {
  readonly kinds: readonly Extract<
    ReadKind,
    'SecretStore' | 'ClusterSecretStore' | 'ClusterExternalSecret' | 'PushSecret'
  >[]
  readonly icon: IconName
  /** How to get the permission to list. */
  readonly permission?: string
  readonly none: ComponentChildren
}): JSX.Element {
  const { data } = useApp()
  const {
    unlisted: texts,
    access: { names },
  } = useMessages()
  const all = kinds.map((kind) => data.access.value.find((each) => each.kind === kind) ?? { kind, state: 'loading' })
  const hidden = all.find(({ state }) => state !== 'live' && state !== 'polling')
  if (hidden === undefined) return <>{none}</>
  const { kind, state } = hidden
  const { message = '', hint = '' } = 'message' in hidden ? hidden : {}
  switch (state) {
    case 'forbidden':
      return (
        <Notice
          tone="plain"
          icon="access"
          title={texts.forbiddenTitle(names[kind])}
          text={permission ?? texts.forbiddenText}
          detail={message}
          commands={hint === '' ? [] : [hint]}
        />
      )
    case 'absent':
      return (
        <Notice
          tone="plain"
          icon={icon}
          title={texts.absentTitle(names[kind])}
          text={texts.absentText(`${kind.toLowerCase()}s.alibabacloud.com`)}
          commands={['acksm crds | kubectl apply --server-side -f -']}
        />
      )
    default:
      return (
        <Notice
          tone="plain"
          icon="unreachable"
          title={texts.unreadTitle(names[kind])}
          text={texts.unreadText}
          detail={message}
        />
      )
  }
}
