import type { JSX } from 'preact'
import { useMessages } from '../../state/app.ts'
import { Notice } from '../base/notice.tsx'

/** A defect of the page: what it is, and how to go on without it. */
export function Broken({ error }: { readonly error: unknown }): JSX.Element {
  const { broken } = useMessages()
  return (
    <Notice
      tone="bad"
      icon="failing"
      title={broken.title}
      text={broken.text}
      detail={error instanceof Error ? `${error.name}: ${error.message}` : String(error)}
      commands={['acksm status -A']}
    >
      <button type="button" class="button button-main" onClick={() => location.reload()}>
        {broken.reload}
      </button>
    </Notice>
  )
}
