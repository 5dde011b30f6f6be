import type { JSX } from 'preact'
import type { ClusterView } from '../../../model/views/index.ts'
import { useApp, useMessages } from '../../state/app.ts'
import { CLUSTER_LOOKS, restartOf } from './connection-status.tsx'
import { Notice } from '../base/notice.tsx'
import { Skeleton } from '../base/skeleton.tsx'
import { Age } from '../base/time.tsx'

/** Why there is nothing to show of the cluster, and what to do. */
export function ClusterNotice({ cluster }: { readonly cluster: ClusterView }): JSX.Element {
  const messages = useMessages()
  if (cluster.state === 'loading' || cluster.state === 'live') return <Skeleton />
  const texts = messages.clusterStates[cluster.state]
  return (
    <Notice
      {...CLUSTER_LOOKS[cluster.state]}
      title={texts.title}
      text={
        <>
          {texts.text}
          <span class="notice-since">
            <Age at={cluster.since} as="since" />
          </span>
        </>
      }
      detail={cluster.message}
      commands={cluster.hint === '' ? [] : [cluster.hint]}
    >
      <a class="button" href="#/access">
        {messages.nav.access}
      </a>
    </Notice>
  )
}

/** The page has no data, because its server does not respond or refuses it. */
export function ConnectionNotice(): JSX.Element {
  const { connection, data } = useApp()
  const { connection: texts } = useMessages()
  const view = connection.view.value
  if (view.state === 'connecting' || view.state === 'live') return <Skeleton />
  const canRetry = 'retryAt' in view
  return (
    <Notice
      tone={canRetry ? 'warn' : 'bad'}
      icon={view.state === 'refused' ? 'access' : 'unreachable'}
      title={texts.states[view.state]}
      text={texts.explain[view.state]}
      commands={canRetry ? [] : [restartOf(data.session.value)]}
    >
      {canRetry ? (
        <button type="button" class="button button-main" onClick={() => connection.retryNow()}>
          {texts.retryNow}
        </button>
      ) : null}
    </Notice>
  )
}

export function UnknownPage(): JSX.Element {
  const messages = useMessages()
  return (
    <Notice tone="plain" icon="unknown" title={messages.unknownPage.title} text={messages.unknownPage.text}>
      <a class="button button-main" href="#/">
        {messages.nav.overview}
      </a>
    </Notice>
  )
}
