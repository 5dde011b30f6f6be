import type { JSX } from 'preact'
import { useMessages } from '../../state/app.ts'

/** Shapes of what is being loaded, which the content replaces without a jump. */
export function Skeleton(): JSX.Element {
  const { loading } = useMessages()
  return (
    <div class="skeleton">
      <h1 class="visually-hidden" tabIndex={-1}>
        {loading}
      </h1>
      <div class="skeleton-title" />
      <div class="skeleton-line" />
      <div class="skeleton-grid">
        <div class="skeleton-card skeleton-tall" />
        <div class="skeleton-card" />
        <div class="skeleton-card" />
      </div>
    </div>
  )
}
