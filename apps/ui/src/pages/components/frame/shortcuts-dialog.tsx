import type { JSX } from 'preact'
import { useApp, useMessages } from '../../state/app.ts'
import { Dialog } from '../base/dialog.tsx'

/** The keys, and a switch for those that are single characters. */
export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const { preferences } = useApp()
  const { shortcuts } = useMessages()
  return (
    <Dialog title={shortcuts.title} onClose={onClose}>
      <dl class="shortcuts">
        {shortcuts.keys.map(([keys, text]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <label class="switch">
        <input
          type="checkbox"
          checked={preferences.hasShortcuts.value}
          onChange={({ currentTarget }) => (preferences.hasShortcuts.value = currentTarget.checked)}
        />
        {shortcuts.enable}
      </label>
    </Dialog>
  )
}
