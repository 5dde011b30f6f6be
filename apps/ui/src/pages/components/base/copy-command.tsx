import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { clusterCommand } from '../../format/cluster-command.ts'
import { visibleText } from '../../format/visible-text.ts'
import { useApp, useMessages } from '../../state/app.ts'
import { Icon } from './icon.tsx'

const SHOWN_MS = 2_000

/** A command for the cluster of the pages, and a button that copies it. Where the clipboard is blocked, the button selects it. */
export function CopyCommand({ command: text }: { readonly command: string }): JSX.Element {
  const session = useApp().data.session.value
  const messages = useMessages()
  const command = session === undefined ? text : clusterCommand(text, session)
  const result = useSignal<'idle' | 'copied' | 'selected'>('idle')
  const code = useRef<HTMLElement>(null)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command)
      result.value = 'copied'
    } catch {
      if (code.current !== null) getSelection()?.selectAllChildren(code.current)
      result.value = 'selected'
    }
    setTimeout(() => (result.value = 'idle'), SHOWN_MS)
  }
  return (
    <div class="command">
      <code ref={code} translate={false} lang="en">
        {visibleText(command)}
      </code>
      <button type="button" class="button-icon" aria-label={messages.copy.label(command)} onClick={() => void copy()}>
        <Icon name={result.value === 'idle' ? 'copy' : 'check'} />
      </button>
      <span class="command-result" role="status">
        {result.value === 'idle' ? '' : messages.copy[result.value]}
      </span>
    </div>
  )
}
