import type { JSX } from 'preact'
import { useMessages } from '../../state/app.ts'
import { CopyCommand } from '../base/copy-command.tsx'
import { Section } from '../base/section.tsx'

/** Commands for an object, each with its purpose. */
export function CommandList<Purpose extends string>({
  commands,
  purposes,
}: {
  readonly commands: ReadonlyArray<{ readonly for: Purpose; readonly text: string }>
  readonly purposes: Readonly<Record<Purpose, string>>
}): JSX.Element {
  return (
    <Section title={useMessages().resource.commands} class="card">
      <ul class="plain-list">
        {commands.map(({ for: purpose, text }) => (
          <li key={text}>
            <span class="muted">{purposes[purpose]}</span>
            <CopyCommand command={text} />
          </li>
        ))}
      </ul>
    </Section>
  )
}
