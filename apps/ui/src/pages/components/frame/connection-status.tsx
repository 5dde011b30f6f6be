import { useSignal, useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import type { AccessView, SessionView } from '../../../model/views/index.ts'
import { restartCommand } from '../../format/cluster-command.ts'
import { useApp, useMessages } from '../../state/app.ts'
import type { ConnectionView } from '../../state/connection.ts'
import { CopyCommand } from '../base/copy-command.tsx'
import { Icon, type IconName } from '../base/icon.tsx'
import type { Tone } from '../base/state-badge.tsx'

/** What the head of the page says about the way from the page through `acksm` to the API server. */
export function ConnectionStatus(): JSX.Element {
  const { connection, data } = useApp()
  const { connection: texts } = useMessages()
  const { state } = connection.view.value
  const cluster = data.cluster.value?.state
  const isLimited = data.access.value.some(isMissing)
  let look: { tone: Tone; icon: IconName; text: string }
  if (state !== 'live') look = { ...LOOKS[state], text: texts.states[state] }
  else if (cluster === 'live')
    look = isLimited
      ? { tone: 'warn', icon: 'access', text: texts.partial }
      : { tone: 'ok', icon: 'ready', text: texts.states.live }
  else if (cluster === 'loading' || cluster === undefined) look = { ...LOOKS.connecting, text: texts.loading }
  else look = { ...CLUSTER_LOOKS[cluster], text: texts.cluster[cluster] }
  return (
    <a class={`connection tone-${look.tone}`} href="#/access" title={texts.title}>
      <Icon name={look.icon} />
      <span class="connection-text" role="status">
        {look.text}
      </span>
    </a>
  )
}

/** Most users may not list PushSecrets while the operator does not process them: that limits nothing. */
function isMissing({ kind, state }: AccessView): boolean {
  if (kind === 'PushSecret' && (state === 'forbidden' || state === 'absent')) return false
  return state !== 'live' && state !== 'loading'
}

/** Looks of a cluster that cannot be shown. */
export const CLUSTER_LOOKS = {
  disconnected: { tone: 'bad', icon: 'unreachable' },
  unauthenticated: { tone: 'bad', icon: 'access' },
  'no-crds': { tone: 'wait', icon: 'resources' },
  forbidden: { tone: 'warn', icon: 'access' },
} as const

const LOOKS: Readonly<Record<ConnectionView['state'], { readonly tone: Tone; readonly icon: IconName }>> = {
  connecting: { tone: 'wait', icon: 'pending' },
  live: { tone: 'ok', icon: 'ready' },
  lost: { tone: 'warn', icon: 'unreachable' },
  crowded: { tone: 'warn', icon: 'unreachable' },
  ended: { tone: 'bad', icon: 'suspended' },
  refused: { tone: 'bad', icon: 'access' },
}

/** Over the foot of the page while what it shows is out of date; it moves nothing. */
export function ConnectionBar(): JSX.Element | null {
  const { connection, data } = useApp()
  const { connection: texts } = useMessages()
  const view = connection.view.value
  // Without data, a page of its own says it.
  if (view.state === 'live' || view.state === 'connecting' || data.session.value === undefined) return null
  return (
    <aside class={`bar tone-${LOOKS[view.state].tone}`} role="alert">
      <Icon name={LOOKS[view.state].icon} />
      <div class="bar-text">
        <strong>{texts.states[view.state]}</strong> <span>{texts.explain[view.state]}</span>
        {'retryAt' in view ? <Retry retryAt={view.retryAt} /> : null}
      </div>
      {'retryAt' in view ? (
        <button type="button" class="button" onClick={() => connection.retryNow()}>
          {texts.retryNow}
        </button>
      ) : (
        <CopyCommand command={restartOf(data.session.value)} />
      )}
    </aside>
  )
}

/** The command that starts the pages again; without options if none of them is known. */
export function restartOf(session: SessionView | undefined): string {
  return session === undefined ? 'acksm ui' : restartCommand(session)
}

/** Counts down without being read out each second. */
function Retry({ retryAt }: { readonly retryAt: number }): JSX.Element {
  const { connection: texts } = useMessages()
  const seconds = useSignal(left(retryAt))
  useSignalEffect(() => {
    const timer = setInterval(() => (seconds.value = left(retryAt)), 1_000)
    return () => clearInterval(timer)
  })
  return <span aria-hidden="true"> {texts.retryIn(seconds.value)}</span>
}

function left(retryAt: number): number {
  return Math.max(0, Math.ceil((retryAt - Date.now()) / 1_000))
}
