import { effect, type Signal, signal } from '@preact/signals'
import type { Language } from '../languages/languages.ts'

export type Theme = 'system' | 'light' | 'dark'

/** What the user has chosen. It lives as long as the tab: nothing is stored on disk. */
export interface Preferences {
  readonly theme: Signal<Theme>
  readonly language: Signal<Language>
  /** Whether single characters are shortcuts. */
  readonly hasShortcuts: Signal<boolean>
}

export function loadPreferences(): Preferences {
  const theme = signal(oneOf(stored('theme'), ['system', 'light', 'dark'] as const) ?? 'system')
  const language = signal(oneOf(stored('language'), ['en', 'zh'] as const) ?? preferredLanguage())
  const hasShortcuts = signal(stored('shortcuts') !== 'off')
  effect(() => {
    if (theme.value === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme.value
    store('theme', theme.value)
  })
  effect(() => {
    document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en'
    store('language', language.value)
  })
  effect(() => store('shortcuts', hasShortcuts.value ? 'on' : 'off'))
  return { theme, language, hasShortcuts }
}

function preferredLanguage(): Language {
  const first = navigator.languages.find((each) => /^(en|zh)\b/i.test(each))
  return first !== undefined && /^zh/i.test(first) ? 'zh' : 'en'
}

function oneOf<Value extends string>(value: string | null, values: readonly Value[]): Value | undefined {
  return values.find((each) => each === value)
}

/** Session storage is unavailable where the browser blocks cookies. */
function stored(name: string): string | null {
  try {
    return sessionStorage.getItem(name)
  } catch {
    return null
  }
}

function store(name: string, value: string): void {
  try {
    sessionStorage.setItem(name, value)
  } catch {
    // The choice is then lost at the next load.
  }
}
