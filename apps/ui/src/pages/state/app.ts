import { computed, type ReadonlySignal } from '@preact/signals'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { LANGUAGES, type Messages } from '../languages/languages.ts'
import { ClusterData } from './cluster-data.ts'
import { Connection } from './connection.ts'
import { Navigation } from './navigation.ts'
import { loadPreferences, type Preferences } from './preferences.ts'
import { ServerClock } from './server-clock.ts'

/** What all pages share. */
export interface App {
  readonly data: ClusterData
  readonly clock: ServerClock
  readonly connection: Connection
  readonly navigation: Navigation
  readonly preferences: Preferences
  readonly messages: ReadonlySignal<Messages>
}

export function startApp(): App {
  const data = new ClusterData()
  const clock = new ServerClock()
  const preferences = loadPreferences()
  const app = {
    data,
    clock,
    connection: new Connection(data, clock),
    navigation: new Navigation(),
    preferences,
    messages: computed(() => LANGUAGES[preferences.language.value]),
  }
  app.clock.start()
  app.navigation.start()
  app.connection.start()
  return app
}

export const AppContext = createContext<App | undefined>(undefined)

export function useApp(): App {
  const app = useContext(AppContext)
  if (app === undefined) throw new Error('useApp outside of AppContext')
  return app
}

/** The texts of the language in use. */
export function useMessages(): Messages {
  return useApp().messages.value
}
