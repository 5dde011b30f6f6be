import type { JSX } from 'preact'
import type { ResourceState, StoreState } from '../../../model/views/index.ts'
import { useMessages } from '../../state/app.ts'
import { Icon, type IconName } from './icon.tsx'

/** The tone of a state: one colour and the icons that go with it. */
export type Tone = 'ok' | 'warn' | 'bad' | 'wait' | 'pause' | 'plain'

export const RESOURCE_TONES: Readonly<Record<ResourceState, Tone>> = {
  ready: 'ok',
  degraded: 'warn',
  failing: 'bad',
  pending: 'wait',
  suspended: 'pause',
}

export const STORE_TONES: Readonly<Record<StoreState, Tone>> = {
  ready: 'ok',
  unreachable: 'warn',
  failing: 'bad',
  pending: 'wait',
}

/** Looks of a Secret that was looked up. */
export const SECRET_LOOKS = {
  present: { tone: 'ok', icon: 'ready' },
  missing: { tone: 'bad', icon: 'failing' },
  loading: { tone: 'plain', icon: 'pending' },
  forbidden: { tone: 'plain', icon: 'access' },
  disconnected: { tone: 'plain', icon: 'unreachable' },
} as const

/** An icon and a word; the colour says nothing more. */
export function Badge({
  tone,
  icon,
  text,
}: {
  readonly tone: Tone
  readonly icon: IconName
  readonly text: string
}): JSX.Element {
  return (
    <span class={`badge tone-${tone}`}>
      <Icon name={icon} />
      <span>{text}</span>
    </span>
  )
}

export function ResourceBadge({ state }: { readonly state: ResourceState }): JSX.Element {
  return <Badge tone={RESOURCE_TONES[state]} icon={state} text={useMessages().states[state]} />
}

export function StoreBadge({ state }: { readonly state: StoreState }): JSX.Element {
  return <Badge tone={STORE_TONES[state]} icon={state} text={useMessages().storeStates[state]} />
}
