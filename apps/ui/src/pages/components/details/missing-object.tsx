import type { JSX } from 'preact'
import type { ReadKind } from '../../../model/views/index.ts'
import { useApp, useMessages } from '../../state/app.ts'
import type { IconName } from '../base/icon.tsx'
import { Notice } from '../base/notice.tsx'
import { Text } from '../base/text.tsx'

/** Kind and name of what a page is about. */
export interface ObjectRef {
  readonly kind: ReadKind
  /** Empty for a cluster-scoped one. */
  readonly namespace: string
  readonly name: string
}

/** Why an object is not among those that are read: it does not exist, or the page cannot know that. */
export function MissingObject({
  object: { kind, namespace, name },
  back,
}: {
  readonly object: ObjectRef
  readonly back: { readonly href: string; readonly text: string }
}): JSX.Element {
  const { data } = useApp()
  const { detail: texts } = useMessages()
  const session = data.session.value
  const access = data.access.value.find((each) => each.kind === kind)
  let look: { icon: IconName; title: string; text: string } = {
    icon: 'unknown',
    title: texts.missing,
    text: texts.missingText,
  }
  if (session?.namespace !== undefined && namespace !== '' && namespace !== session.namespace)
    look = { icon: 'access', title: texts.outside, text: texts.outsideText(session.namespace) }
  else if (access?.state === 'forbidden') look = { icon: 'access', title: texts.forbidden, text: texts.forbiddenText }
  else if (access?.state === 'disconnected' || access?.state === 'loading')
    look = { icon: 'unreachable', title: texts.unread, text: texts.unreadText }
  return (
    <Notice
      tone="plain"
      icon={look.icon}
      title={look.title}
      text={
        <>
          {look.text} <Text value={`${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`} />
        </>
      }
      detail={access?.message ?? ''}
      commands={look.title === texts.outside ? ['acksm ui -A'] : []}
    >
      <a class="button button-main" href={back.href}>
        {back.text}
      </a>
    </Notice>
  )
}
