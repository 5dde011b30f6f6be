import type { ComponentChildren, JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { useApp, useMessages } from '../../state/app.ts'
import type { Detail } from '../../state/live-detail.ts'
import { Icon } from '../base/icon.tsx'
import { MissingObject, type ObjectRef } from './missing-object.tsx'
import { Notice } from '../base/notice.tsx'
import { Skeleton } from '../base/skeleton.tsx'

/** What a detail page shows around and instead of its content. */
export function DetailFrame<Value>({
  detail,
  back,
  object,
  children,
}: {
  readonly detail: Detail<Value>
  readonly back: { readonly href: string; readonly text: string }
  readonly object: ObjectRef
  readonly children: (value: Value) => ComponentChildren
}): JSX.Element {
  const { detail: texts } = useMessages()
  const { navigation } = useApp()
  useEffect(() => {
    // The heading that had the focus was that of the skeleton.
    if (navigation.arrival !== undefined && document.activeElement === document.body)
      document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
  }, [detail.state])
  return (
    <>
      <nav class="crumbs" aria-label={texts.crumbs}>
        <a href={back.href}>
          <Icon name="back" />
          {back.text}
        </a>
      </nav>
      {detail.state === 'known' ? children(detail.value) : null}
      {detail.state === 'loading' ? <Skeleton /> : null}
      {detail.state === 'missing' ? <MissingObject object={object} back={back} /> : null}
      {detail.state === 'failed' ? (
        <Notice tone="bad" icon="failing" title={texts.failed} text={texts.failedText} detail={detail.message} />
      ) : null}
    </>
  )
}
