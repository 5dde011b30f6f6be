import type { JSX } from 'preact'
import { Icon } from '../base/icon.tsx'

/** What an object waits for, in the facts at the top of its page. */
export function DetailNote({ text }: { readonly text: string }): JSX.Element {
  return (
    <li class="tone-wait">
      <Icon name="pending" /> {text}
    </li>
  )
}
