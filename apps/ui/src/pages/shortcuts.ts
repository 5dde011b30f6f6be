import type { App } from './state/app.ts'

/** What follows `g`. */
const PAGES: Readonly<Record<string, string>> = {
  o: '#/',
  r: '#/resources',
  s: '#/stores',
  c: '#/clusterexternalsecrets',
  p: '#/pushsecrets',
  a: '#/access',
}
const SEQUENCE_MS = 1_500

/** Single characters that act anywhere but in a field; the user can switch them off. Returns how to end it. */
export function listenForShortcuts(app: App, openHelp: () => void): () => void {
  let goneAt = -Infinity
  const onKeyDown = (event: KeyboardEvent) => {
    if (!app.preferences.hasShortcuts.peek() || event.ctrlKey || event.metaKey || event.altKey) return
    if (isField(event.target) || document.querySelector('dialog[open]') !== null) return
    const isSequence = event.timeStamp - goneAt < SEQUENCE_MS
    goneAt = event.key === 'g' ? event.timeStamp : -Infinity
    const href = isSequence ? PAGES[event.key] : undefined
    if (href !== undefined) app.navigation.go(href)
    else if (event.key === '?') openHelp()
    else if (event.key === '/') document.querySelector<HTMLInputElement>('input[data-search]')?.focus()
    else return
    event.preventDefault()
  }
  document.addEventListener('keydown', onKeyDown)
  return () => document.removeEventListener('keydown', onKeyDown)
}

function isField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, select, textarea, [contenteditable]') !== null
}
