import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { ActionName, ActionResult, ResourceDetail } from '../../../model/views/index.ts'
import { useMessages } from '../../state/app.ts'
import { requestAction } from '../../state/request-action.ts'
import { Dialog } from '../base/dialog.tsx'
import { Icon, type IconName } from '../base/icon.tsx'
import { Key, Text } from '../base/text.tsx'

const ICONS: Readonly<Record<ActionName, IconName>> = { refresh: 'refresh', suspend: 'pause', resume: 'play' }
const NAMES = ['refresh', 'suspend', 'resume'] as const

/** What the user may do with a resource. Each action asks first, and says what it did. */
export function Actions({ detail }: { readonly detail: ResourceDetail }): JSX.Element | null {
  const messages = useMessages()
  const asked = useSignal<ActionName | undefined>(undefined)
  const offered = NAMES.filter((name) => {
    const { state } = detail.actions[name]
    // Of suspend and resume, only one has an effect.
    return state !== 'read-only' && (name === 'refresh' || state !== 'no-effect')
  })
  if (offered.length === 0) return null
  return (
    <div class="actions">
      {offered.map((name) => {
        const permission = detail.actions[name]
        const why = 'why' in permission ? permission.why : undefined
        return (
          <button
            key={name}
            type="button"
            class="button"
            aria-disabled={why !== undefined}
            title={why}
            aria-description={why}
            onClick={() => {
              if (why === undefined) asked.value = name
            }}
          >
            <Icon name={ICONS[name]} />
            {messages.actions[name].button}
          </button>
        )
      })}
      <Denied detail={detail} />
      {asked.value === undefined ? null : (
        <ActionDialog action={asked.value} detail={detail} onClose={() => (asked.value = undefined)} />
      )}
    </div>
  )
}

/** Why the actions are not offered: the user may not, or the API server has not said. */
function Denied({ detail }: { readonly detail: ResourceDetail }): JSX.Element | null {
  const messages = useMessages()
  for (const name of NAMES) {
    const permission = detail.actions[name]
    if (permission.state === 'denied' || permission.state === 'unknown') {
      return (
        <p class="hint actions-why">
          <Icon name={permission.state === 'denied' ? 'access' : 'unknown'} /> {messages.actions[permission.state]}{' '}
          <span lang="en">
            <Text value={permission.why} />
          </span>
        </p>
      )
    }
  }
  return null
}

function ActionDialog({
  action,
  detail,
  onClose,
}: {
  readonly action: ActionName
  readonly detail: ResourceDetail
  readonly onClose: () => void
}): JSX.Element {
  const messages = useMessages()
  const phase = useSignal<'ask' | 'running' | ActionResult>('ask')
  const texts = messages.actions[action]
  const { namespace, name } = detail.row
  const run = async () => {
    phase.value = 'running'
    phase.value = await requestAction({ action, namespace, name, uid: detail.uid })
  }
  const isAsking = phase.value === 'ask' || phase.value === 'running'
  return (
    <Dialog title={texts.title} onClose={onClose}>
      <p class="dialog-object">
        <Key value={detail.row.key} />
      </p>
      {typeof phase.value === 'string' ? <p>{texts.ask}</p> : <Result result={phase.value} object={detail.row.key} />}
      <footer>
        {isAsking ? (
          <>
            <button type="button" class="button" onClick={onClose}>
              {messages.dialog.cancel}
            </button>
            <button
              type="button"
              class="button button-main"
              autofocus
              aria-disabled={phase.value === 'running'}
              onClick={() => {
                if (phase.value === 'ask') void run()
              }}
            >
              <Icon name={phase.value === 'running' ? 'pending' : ICONS[action]} />
              {phase.value === 'running' ? messages.actions.running : texts.button}
            </button>
          </>
        ) : (
          <button type="button" class="button button-main" onClick={onClose}>
            {messages.dialog.close}
          </button>
        )}
      </footer>
    </Dialog>
  )
}

const RESULTS = {
  done: { tone: 'ok', icon: 'ready' },
  unchanged: { tone: 'wait', icon: 'unknown' },
  failed: { tone: 'bad', icon: 'failing' },
  refused: { tone: 'warn', icon: 'access' },
} as const

function Result({ result, object }: { readonly result: ActionResult; readonly object: string }): JSX.Element {
  const messages = useMessages()
  const { tone, icon } = RESULTS[result.result]
  return (
    <div class={`result tone-${tone}`} role="status">
      <Icon name={icon} />
      <p>
        <strong>{messages.actions.results[result.result]}</strong>{' '}
        <span lang="en">
          <Text value={`${object} ${result.message}`} />
        </span>
      </p>
    </div>
  )
}
