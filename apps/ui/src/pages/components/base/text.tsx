import type { ComponentChildren, JSX } from 'preact'
import { visibleText } from '../../format/visible-text.ts'

/** Text from the cluster: isolated from the direction of what is around it, with invisible characters made visible. */
export function Text({ value }: { readonly value: string }): JSX.Element {
  return <bdi>{visibleText(value)}</bdi>
}

/** A text of `acksm` or of its documentation, in which backquotes enclose code. */
export function Prose({ value, lang = 'en' }: { readonly value: string; readonly lang?: string }): JSX.Element {
  const parts: ComponentChildren[] = visibleText(value)
    .split('`')
    .map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))
  return <span lang={lang}>{parts}</span>
}

/** `namespace/name` with a place to break the line, and the name more prominent. */
export function Key({ value }: { readonly value: string }): JSX.Element {
  const slash = value.indexOf('/')
  if (slash < 0) return <Text value={value} />
  return (
    <bdi class="key">
      <span class="key-namespace">{visibleText(value.slice(0, slash))}/</span>
      <wbr />
      <span class="key-name">{visibleText(value.slice(slash + 1))}</span>
    </bdi>
  )
}
