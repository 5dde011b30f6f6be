import type { JSX } from 'preact'
import type { Route } from '../../routes.ts'
import { useApp, useMessages } from '../../state/app.ts'
import type { Theme } from '../../state/preferences.ts'
import { ConnectionStatus } from './connection-status.tsx'
import { Icon, type IconName } from '../base/icon.tsx'
import { Text } from '../base/text.tsx'

const PAGES = [
  { name: 'overview', href: '#/', icon: 'overview', pages: ['overview'] },
  { name: 'resources', href: '#/resources', icon: 'resources', pages: ['resources', 'resource'] },
  { name: 'stores', href: '#/stores', icon: 'stores', pages: ['stores', 'store'] },
  {
    name: 'cluster',
    href: '#/clusterexternalsecrets',
    icon: 'cluster',
    pages: ['clusterExternalSecrets', 'clusterExternalSecret'],
  },
  { name: 'push', href: '#/pushsecrets', icon: 'push', pages: ['pushSecrets', 'pushSecret'] },
] as const satisfies ReadonlyArray<{ name: string; href: string; icon: IconName; pages: ReadonlyArray<Route['page']> }>

const MOST_COUNTED = 999

/** Which cluster this is, the pages, the connection, and the choices of the user. */
export function PageHead({ route, onHelp }: { readonly route: Route; readonly onHelp: () => void }): JSX.Element {
  const messages = useMessages()
  return (
    <header class="head">
      <a class="brand" href="#/" aria-label={messages.home}>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M12.5 11a5 5 0 1 1 0 10 5 5 0 0 1 0-10Zm5 5h8m-3 0v4" />
        </svg>
        <span>acksm</span>
      </a>
      <Scope />
      <nav class="nav" aria-label={messages.nav.label}>
        {PAGES.map(({ name, href, icon, pages }) => (
          <a key={name} href={href} aria-current={pages.some((page) => page === route.page) ? 'page' : undefined}>
            <Icon name={icon} />
            <span class="nav-text">{messages.nav[name]}</span>
            {name === 'resources' ? <NotReadyCount /> : null}
          </a>
        ))}
      </nav>
      <div class="head-end">
        <ConnectionStatus />
        <Choices onHelp={onHelp} />
      </div>
    </header>
  )
}

/** How many resources are not Ready, or a check mark. Its place is kept while that is unknown, so that it moves nothing. */
function NotReadyCount(): JSX.Element {
  const { data } = useApp()
  const messages = useMessages()
  const counts = data.overview.value?.counts
  if (counts === undefined || counts.total === 0) return <span class="nav-count" hidden />
  const notReady = counts.degraded + counts.failing + counts.pending
  return (
    <span class={`nav-count tone-${notReady === 0 ? 'ok' : 'bad'}`} title={messages.row.notReady(notReady)}>
      {notReady === 0 ? <Icon name="check" /> : notReady > MOST_COUNTED ? `${MOST_COUNTED}+` : notReady}
      <span class="visually-hidden"> {notReady === 0 ? messages.states.ready : messages.states.notReady}</span>
    </span>
  )
}

/** Context and namespace: at three in the morning, the wrong cluster is the worst mistake. */
function Scope(): JSX.Element {
  const { data } = useApp()
  const messages = useMessages()
  const session = data.session.value
  return (
    <div class="scope" title={session?.apiServer}>
      {session === undefined ? (
        <span class="scope-context">…</span>
      ) : (
        <>
          <span class="scope-context">
            <Text value={session.context === '' ? session.apiServer : session.context} />
          </span>
          <span class="scope-namespace">
            {session.namespace === undefined ? messages.access.all : <Text value={session.namespace} />}
            {session.isReadOnly ? ` · ${messages.access.readOnly}` : ''}
          </span>
        </>
      )}
    </div>
  )
}

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }

function Choices({ onHelp }: { readonly onHelp: () => void }): JSX.Element {
  const { preferences } = useApp()
  const messages = useMessages()
  const theme = preferences.theme.value
  return (
    <div class="choices">
      <button
        type="button"
        class="button-icon"
        aria-label={messages.theme[theme]}
        title={messages.theme[theme]}
        onClick={() => (preferences.theme.value = NEXT_THEME[theme])}
      >
        <Icon name={theme} />
      </button>
      <button
        type="button"
        class="button-icon button-language"
        lang={preferences.language.value === 'en' ? 'zh-CN' : 'en'}
        onClick={() => (preferences.language.value = preferences.language.value === 'en' ? 'zh' : 'en')}
      >
        {messages.otherLanguage}
      </button>
      <button
        type="button"
        class="button-icon choice-help"
        aria-label={messages.shortcuts.title}
        title={messages.shortcuts.title}
        onClick={onHelp}
      >
        <Icon name="keyboard" />
      </button>
    </div>
  )
}
