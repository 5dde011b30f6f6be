import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { AccessPage } from './access-page.tsx'
import { ClusterExternalSecretPage } from './cluster-external-secret-page.tsx'
import { ClusterExternalSecretsPage } from './cluster-external-secrets-page.tsx'
import { ClusterNotice, ConnectionNotice, UnknownPage } from './components/frame/cluster-notice.tsx'
import { ConnectionBar } from './components/frame/connection-status.tsx'
import { ErrorBoundary } from './components/frame/error-boundary.tsx'
import { PageHead } from './components/frame/page-head.tsx'
import { ShortcutsDialog } from './components/frame/shortcuts-dialog.tsx'
import { Skeleton } from './components/base/skeleton.tsx'
import { OverviewPage } from './overview-page.tsx'
import { PushSecretPage } from './push-secret-page.tsx'
import { PushSecretsPage } from './push-secrets-page.tsx'
import { ResourcePage } from './resource-page.tsx'
import { ResourcesPage } from './resources-page.tsx'
import { formatRoute, type Route } from './routes.ts'
import { listenForShortcuts } from './shortcuts.ts'
import { useApp, useMessages } from './state/app.ts'
import { StorePage } from './store-page.tsx'
import { StoresPage } from './stores-page.tsx'

/** Head, page and what lies over them. */
export function Shell(): JSX.Element {
  const app = useApp()
  const messages = useMessages()
  const isHelpOpen = useSignal(false)
  const main = useRef<HTMLElement>(null)
  const route = app.navigation.route.value
  // A filter or an open cause changes the route, but not the page.
  const pageId = 'query' in route || 'text' in route || 'causes' in route ? route.page : formatRoute(route)
  // Registered before the first paint, so that no early key press is lost.
  useLayoutEffect(() => listenForShortcuts(app, () => (isHelpOpen.value = true)), [])
  useLayoutEffect(() => {
    document.title = `${titleOf(route, messages.nav)} · acksm`
  }, [pageId, messages])
  useLayoutEffect(() => {
    const { arrival } = app.navigation
    if (arrival === undefined) return
    scrollTo(0, arrival.scroll)
    main.current?.querySelector('h1')?.focus({ preventScroll: true })
  }, [pageId])
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          main.current?.focus()
        }}
      >
        {messages.skip}
      </a>
      <PageHead route={route} onHelp={() => (isHelpOpen.value = true)} />
      <main ref={main} id="main" class={`main page-${route.page}`} tabIndex={-1}>
        <ErrorBoundary key={pageId}>
          <Page route={route} />
        </ErrorBoundary>
      </main>
      <ConnectionBar />
      {isHelpOpen.value ? <ShortcutsDialog onClose={() => (isHelpOpen.value = false)} /> : null}
    </>
  )
}

/** The page of a route, or why there is none. */
function Page({ route }: { readonly route: Route }): JSX.Element {
  const { data, connection } = useApp()
  const cluster = data.cluster.value
  const { state } = connection.view.value
  if (cluster === undefined) return state === 'connecting' || state === 'live' ? <Skeleton /> : <ConnectionNotice />
  if (route.page === 'access') return <AccessPage />
  if (cluster.state === 'loading') return <Skeleton />
  // What was read before stays useful while the API server is away, except on the first page.
  const hasData = cluster.state === 'disconnected' && data.resources.value.size > 0
  if (cluster.state !== 'live' && !(hasData && route.page !== 'overview')) return <ClusterNotice cluster={cluster} />
  switch (route.page) {
    case 'overview':
      return <OverviewPage open={route.causes} />
    case 'resources':
      return <ResourcesPage query={route.query} />
    case 'resource':
      return <ResourcePage namespace={route.namespace} name={route.name} />
    case 'stores':
      return <StoresPage text={route.text} />
    case 'store':
      return <StorePage namespace={route.namespace} name={route.name} />
    case 'clusterExternalSecrets':
      return <ClusterExternalSecretsPage text={route.text} />
    case 'clusterExternalSecret':
      return <ClusterExternalSecretPage name={route.name} />
    case 'pushSecrets':
      return <PushSecretsPage text={route.text} />
    case 'pushSecret':
      return <PushSecretPage namespace={route.namespace} name={route.name} />
    case 'unknown':
      return <UnknownPage />
  }
}

function titleOf(route: Route, nav: ReturnType<typeof useMessages>['nav']): string {
  switch (route.page) {
    case 'resource':
    case 'pushSecret':
      return `${route.namespace}/${route.name}`
    case 'store':
      return route.namespace === '' ? route.name : `${route.namespace}/${route.name}`
    case 'clusterExternalSecret':
      return route.name
    case 'clusterExternalSecrets':
      return nav.cluster
    case 'pushSecrets':
      return nav.push
    case 'unknown':
      return nav.overview
    default:
      return nav[route.page]
  }
}
