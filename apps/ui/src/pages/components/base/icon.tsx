import type { JSX } from 'preact'

/** Paths on a grid of 20 units, drawn with a line of 1.6. */
const PATHS = {
  ready: 'M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15Zm-3.2 7.7 2.3 2.3 4.3-4.7',
  degraded: 'M10 3 18 17H2L10 3Zm0 5v4m0 2.4v.2',
  failing: 'M6.9 2.5h6.2l4.4 4.4v6.2l-4.4 4.4H6.9l-4.4-4.4V6.9l4.4-4.4Zm.6 5 5 5m0-5-5 5',
  pending: 'M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15Zm0 3.7V10l2.6 2',
  suspended: 'M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15ZM8 7.2v5.6m4-5.6v5.6',
  unreachable:
    'M3 8.2a10.5 10.5 0 0 1 4.2-2.5m3.7-.6A10.5 10.5 0 0 1 17 8.2M6 11.3a6 6 0 0 1 3-1.7m4.2 1a6 6 0 0 1 .8.7M10 15h.01M3 3l14 14',
  unknown: 'M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15ZM7.8 7.8a2.3 2.3 0 1 1 3.3 2.1c-.8.4-1.1.8-1.1 1.6m0 2.3v.2',
  overview: 'M3 10.5 6 10.5 8 5l4 10 2-4.5h3',
  resources: 'M3 5h14M3 10h14M3 15h14',
  stores:
    'M10 2.5c4 0 6.5 1.2 6.5 2.7S14 8 10 8 3.5 6.7 3.5 5.2 6 2.5 10 2.5Zm-6.5 2.7v9.6c0 1.5 2.5 2.7 6.5 2.7s6.5-1.2 6.5-2.7V5.2M3.5 10c0 1.5 2.5 2.7 6.5 2.7s6.5-1.2 6.5-2.7',
  cluster: 'M3 3h5.5v5.5H3V3Zm8.5 0H17v5.5h-5.5V3ZM3 11.5h5.5V17H3v-5.5Zm8.5 0H17V17h-5.5v-5.5Z',
  push: 'M10 13.5V3m-4 4 4-4 4 4M3.5 12v5h13v-5',
  access: 'M10 2.5 16.5 5v4.5c0 4-2.7 6.8-6.5 8-3.8-1.2-6.5-4-6.5-8V5L10 2.5Z',
  key: 'M7 9.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7Zm2.5 1L17 3m-3.5 3.5 2.5 2.5',
  secret: 'M4.5 9h11v8h-11V9ZM7 9V6.5a3 3 0 0 1 6 0V9m-3 3.2v1.8',
  identity: 'M10 3a3.2 3.2 0 1 1 0 6.4A3.2 3.2 0 0 1 10 3Zm-6.5 14c.6-3.2 3.2-5 6.5-5s5.9 1.8 6.5 5',
  workload: 'm10 2.5 6.5 3.7v7.6L10 17.5l-6.5-3.7V6.2L10 2.5Zm0 7.5v7.5M3.7 6.3 10 10l6.3-3.7',
  sync: 'M16.5 10a6.5 6.5 0 0 1-11.7 3.9M3.5 10a6.5 6.5 0 0 1 11.7-3.9M15.5 2.7v3.6h-3.6M4.5 17.3v-3.6h3.6',
  pause: 'M7 4.5v11m6-11v11',
  play: 'M6 4v12l10-6L6 4Z',
  refresh: 'M16.5 10a6.5 6.5 0 1 1-2-4.7M15 2.5v3.3h-3.3',
  copy: 'M7.5 7.5H16V17H7.5V7.5ZM12.5 7.5V4H4v9.5h3.5',
  check: 'm4 10.5 4 4 8-9',
  search: 'M9 3a6 6 0 1 1 0 12A6 6 0 0 1 9 3Zm4.4 10.4L17 17',
  close: 'm5 5 10 10M15 5 5 15',
  chevron: 'm7 4.5 6 5.5-6 5.5',
  up: 'M10 16V4m-4.5 4.5L10 4l4.5 4.5',
  down: 'M10 4v12m4.5-4.5L10 16l-4.5-4.5',
  back: 'M16 10H4m4.5-4.5L4 10l4.5 4.5',
  light:
    'M10 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7ZM10 2v1.5m0 13V18m8-8h-1.5M3.5 10H2m13.7-5.7-1.1 1.1M5.4 14.6l-1.1 1.1m11.4 0-1.1-1.1M5.4 5.4 4.3 4.3',
  dark: 'M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7Z',
  system: 'M3 4h14v9.5H3V4Zm4 13h6m-3-3.5V17',
  keyboard: 'M2.5 5.5h15v9h-15v-9Zm3 3h.01m2.99 0h.01m2.99 0h.01m2.99 0h.01M6 11.8h8',
  star: 'm10 3 2.2 4.5 4.8.7-3.5 3.4.8 4.9-4.3-2.3-4.3 2.3.8-4.9L3 8.2l4.8-.7L10 3Z',
  restart: 'M4 4v4h4M4.5 8A6.5 6.5 0 1 1 3.6 11',
  plus: 'M10 4v12M4 10h12',
} as const

export type IconName = keyof typeof PATHS

/** A picture beside a word that says the same; so it is hidden from screen readers. */
export function Icon({
  name,
  class: className = '',
}: {
  readonly name: IconName
  readonly class?: string
}): JSX.Element {
  return (
    <svg class={`icon ${className}`} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
