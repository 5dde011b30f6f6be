import type { ComponentChildren, JSX } from 'preact'
import { CopyCommand } from './copy-command.tsx'
import { Icon, type IconName } from './icon.tsx'
import type { Tone } from './state-badge.tsx'
import { Text } from './text.tsx'

/** A whole page about one state: what it is, what the server said, what to do. */
export function Notice({
  tone,
  icon,
  title,
  text,
  detail = '',
  commands = [],
  children,
}: {
  readonly tone: Tone
  readonly icon: IconName
  readonly title: string
  readonly text: ComponentChildren
  /** Text of the API server. */
  readonly detail?: string
  readonly commands?: readonly string[]
  readonly children?: ComponentChildren
}): JSX.Element {
  return (
    <section class={`notice tone-${tone}`}>
      <span class="notice-icon">
        <Icon name={icon} />
      </span>
      <h1 tabIndex={-1}>{title}</h1>
      <p>{text}</p>
      {detail === '' ? null : (
        <p class="notice-detail" lang="en">
          <Text value={detail} />
        </p>
      )}
      {commands.map((command) => (
        <CopyCommand key={command} command={command} />
      ))}
      {children}
    </section>
  )
}
