import type { AccessView, ClusterView } from './access.ts'
import type { ClusterExternalSecretRow } from './cluster-external-secret.ts'
import type { OverviewView } from './overview.ts'
import type { PushSecretRow } from './push-secret.ts'
import type { ResourceRow } from './resource-row.ts'
import type { StoreRow } from './store.ts'

/*
 * Server and page, one version of each: they are built and shipped together.
 *
 * The page lives at `http://127.0.0.1:PORT/ID/`, where ID is random. `/login?token=…` sets the cookie, once, and redirects
 * to it. All URLs below are relative to it; the page keeps its state in the
 * fragment (`#/resources?…`), so that the server has one document.
 *
 * GET  api/v1/stream                               server-sent events, see StreamEvent
 * GET  api/v1/externalsecrets/NAMESPACE/NAME       ResourceDetail
 * GET  api/v1/secretstores/NAMESPACE/NAME          StoreDetail
 * GET  api/v1/clustersecretstores/NAME             StoreDetail
 * GET  api/v1/pushsecrets/NAMESPACE/NAME           PushSecretDetail
 * POST api/v1/actions                              ActionRequest → ActionResult; content-type application/json
 *
 * Names are encoded with encodeURIComponent. Errors are ApiFailure with the status of HTTP: 401 no session, 403 wrong Host or Origin or
 * read-only, 404 no such resource, 413 body too large, 503 too many streams or not loaded yet.
 */

/** What does not change while the server runs. */
export interface SessionView {
  /** Of acksm. */
  readonly version: string
  /** Of the kubeconfig; empty without one. */
  readonly context: string
  /** Path of `--kubeconfig`; absent if it was not given. */
  readonly kubeconfig?: string
  /** Host and port of the API server. */
  readonly apiServer: string
  /** Undefined for all namespaces. */
  readonly namespace?: string
  readonly isReadOnly: boolean
}

/** Everything that the pages show but details. Rows have no order. */
export interface Snapshot {
  readonly session: SessionView
  readonly cluster: ClusterView
  readonly access: readonly AccessView[]
  readonly overview: OverviewView
  readonly resources: readonly ResourceRow[]
  readonly stores: readonly StoreRow[]
  readonly clusterExternalSecrets: readonly ClusterExternalSecretRow[]
  readonly pushSecrets: readonly PushSecretRow[]
  /** Clock of the server when it was made: ages are differences to it, not to the clock of the browser. */
  readonly now: string
}

/** What changed since the event before. An absent part did not change. */
export interface Delta {
  readonly cluster?: ClusterView
  readonly access?: readonly AccessView[]
  /** Whole. */
  readonly overview?: OverviewView
  readonly resources?: RowChanges<ResourceRow>
  readonly stores?: RowChanges<StoreRow>
  readonly clusterExternalSecrets?: RowChanges<ClusterExternalSecretRow>
  readonly pushSecrets?: RowChanges<PushSecretRow>
  /** Ids of details that changed without their row, such as by an Event: `namespace/name`, or the id of a store or a PushSecret. An open one is read again. */
  readonly touched?: readonly string[]
  readonly now: string
}

/** Changed rows, and the `key`, `id` or `name` of removed ones. */
export interface RowChanges<Row> {
  readonly set: readonly Row[]
  readonly removed: readonly string[]
}

/**
 * The stream. The id of an event is `EPOCH-SEQUENCE`. A browser that reconnects sends the last one, and gets the deltas after it if they
 * are still held, or a snapshot. So a page replaces everything at a `snapshot` and applies a `delta`; none is lost or doubled. A snapshot of
 * many rows is followed by deltas with the rest of them; only the last of these events has an id. At least
 * 200 ms are between two events. A slow page gets fewer and larger ones. `ping` comes every 15 s: without one for 40 s, the connection is
 * lost. `end` is the last event: the server was stopped, and reconnecting is of no use.
 */
export type StreamEvent =
  | { readonly event: 'snapshot'; readonly data: Snapshot }
  | { readonly event: 'delta'; readonly data: Delta }
  | { readonly event: 'ping'; readonly data: { readonly now: string } }
  | { readonly event: 'end'; readonly data: Readonly<Record<string, never>> }

/** Body of an error. */
export interface ApiFailure {
  readonly error: {
    readonly code:
      | 'unauthorized'
      | 'forbidden'
      | 'not-found'
      | 'too-large'
      | 'invalid'
      | 'not-loaded'
      | 'too-many-streams'
      | 'method-not-allowed'
      | 'internal'
    /** For people; one sentence. */
    readonly message: string
  }
}
