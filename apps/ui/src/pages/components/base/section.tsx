import type { ComponentChildren, JSX } from 'preact'
import { useId } from 'preact/hooks'

/** A part of a page under a heading. */
export function Section({
  title,
  note,
  class: className = '',
  children,
}: {
  readonly title: string
  readonly note?: ComponentChildren
  readonly class?: string
  readonly children: ComponentChildren
}): JSX.Element {
  const id = useId()
  return (
    <section class={`section ${className}`} aria-labelledby={id}>
      <header class="section-head">
        <h2 id={id}>{title}</h2>
        {note === undefined ? null : <div class="section-note">{note}</div>}
      </header>
      {children}
    </section>
  )
}

/** A short text in place of a list that is empty. */
export function Empty({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <p class="empty">{children}</p>
}
