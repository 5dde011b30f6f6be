import type { Clock } from '@ack-secret-manager/core'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { ActionRequest, ActionResult } from '../../model/views/action.ts'
import type { ApiFailure } from '../../model/views/wire.ts'
import type { PushSecretDetail } from '../../model/views/push-secret.ts'
import type { ResourceDetail } from '../../model/views/resource-detail.ts'
import type { StoreDetail } from '../../model/views/store.ts'
import type { DeltaLog } from '../stream/delta-log.ts'
import { eventStream } from '../stream/event-stream.ts'
import { isName, MAX_BODY_BYTES, parseActionRequest } from './action-request.ts'
import type { PageFile } from './page-files.ts'
import { refusalOf, SECURITY_HEADERS } from './request-guard.ts'
import type { Session } from './session.ts'

const API = 'api/v1/'
/** Pages that are open at the same time. A browser opens six connections to one host, and each page holds one. */
const MAX_STREAMS = 4

/** What the application serves. */
export interface AppOptions {
  readonly session: Session
  /** `127.0.0.1:PORT`, without the port if it is 80. */
  readonly host: string
  readonly files: ReadonlyMap<string, PageFile>
  readonly log: DeltaLog
  /** Of the session; undefined for all. */
  readonly namespace: string | undefined
  readonly isReadOnly: boolean
  readonly clock: Clock
  readonly stopping: AbortSignal
  /** A page was opened; the result is called when it is closed. */
  readonly pageOpened: () => () => void
  /** The token was used. */
  readonly onOpened: () => void
  readonly readResource: (key: string, signal: AbortSignal) => Promise<ResourceDetail | undefined>
  readonly readStore: (
    store: { readonly kind: 'SecretStore' | 'ClusterSecretStore'; readonly namespace: string; readonly name: string },
    signal: AbortSignal,
  ) => Promise<StoreDetail | undefined>
  readonly readPushSecret: (key: string, signal: AbortSignal) => Promise<PushSecretDetail | undefined>
  readonly act: (request: ActionRequest, signal: AbortSignal) => Promise<ActionResult>
}

/** The application: a login, the files of the pages, and the API that `wire.ts` describes. */
export function createApp(options: AppOptions): Hono {
  const { session, host } = options
  const app = new Hono()
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.header(name, value)
    const header = (name: string): string | undefined => context.req.header(name)
    const refusal = refusalOf(
      {
        method: context.req.method,
        isApi: context.req.path.startsWith(`${session.base}api/`),
        host: header('host'),
        origin: header('origin'),
        fetchSite: header('sec-fetch-site'),
        fetchDest: header('sec-fetch-dest'),
        contentType: header('content-type'),
      },
      host,
    )
    if (refusal !== undefined) return failure(context, refusal.status, refusal.code, refusal.message)
    return next()
  })
  app.get('/login', (context) => login(context, options))
  app.use(`${session.base}api/*`, async (context, next) => {
    if (session.isIn(context.req.header('cookie'))) return next()
    return failure(context, 401, 'unauthorized', 'this browser has no session; start acksm ui again and open its link')
  })
  addApi(app, options)
  app.get(`${session.base}*`, (context) => file(context, options))
  app.notFound((context) => failure(context, 404, 'not-found', 'there is no such page'))
  app.onError((_error, context) => failure(context, 500, 'internal', 'the server failed to answer'))
  return app
}

/** The redirect leads to a page without data, so that it needs no cookie: a browser holds a strict one back after a link from elsewhere. */
function login(context: Context, { session, onOpened }: AppOptions): Response {
  const isOpened = session.open(context.req.query('token'))
  if (!isOpened && !session.isIn(context.req.header('cookie'))) {
    return context.text('This link was used already, or is not complete. Start acksm ui again for another one.\n', 401)
  }
  if (isOpened) {
    onOpened()
    context.header('set-cookie', session.setCookie)
  }
  return context.redirect(session.base, 303)
}

function file(context: Context, { session, files }: AppOptions): Response {
  const name = context.req.path.slice(session.base.length)
  const found = files.get(name === '' ? 'index.html' : name)
  if (found === undefined) return failure(context, 404, 'not-found', 'there is no such page')
  return context.body(found.content, 200, { 'content-type': found.type })
}

function addApi(app: Hono, options: AppOptions): void {
  const { session, readResource, readStore, readPushSecret, act, isReadOnly } = options
  const base = `${session.base}${API}`
  let streams = 0
  app.get(`${base}stream`, (context) => {
    if (streams >= MAX_STREAMS) {
      return failure(context, 503, 'too-many-streams', `at most ${MAX_STREAMS} pages can be open; close one`)
    }
    streams += 1
    const closed = options.pageOpened()
    const onEnd = (): void => {
      streams -= 1
      closed()
    }
    const lastEventId = context.req.header('last-event-id')
    const stream = eventStream({ ...options, lastEventId, onEnd })
    return context.body(stream, 200, { 'content-type': 'text/event-stream; charset=utf-8' })
  })
  app.get(`${base}externalsecrets/:namespace/:name`, async (context) => {
    const { namespace, name } = context.req.param()
    const found =
      isName(namespace) && isName(name) && (await readResource(`${namespace}/${name}`, context.req.raw.signal))
    return found ? context.json(found) : notFound(context, 'ExternalSecret')
  })
  app.get(`${base}secretstores/:namespace/:name`, async (context) => {
    const { namespace, name } = context.req.param()
    const store = { kind: 'SecretStore', namespace, name } as const
    const found = isName(namespace) && isName(name) && (await readStore(store, context.req.raw.signal))
    return found ? context.json(found) : notFound(context, 'SecretStore')
  })
  app.get(`${base}clustersecretstores/:name`, async (context) => {
    const { name } = context.req.param()
    const store = { kind: 'ClusterSecretStore', namespace: '', name } as const
    const found = isName(name) && (await readStore(store, context.req.raw.signal))
    return found ? context.json(found) : notFound(context, 'ClusterSecretStore')
  })
  app.get(`${base}pushsecrets/:namespace/:name`, async (context) => {
    const { namespace, name } = context.req.param()
    const found =
      isName(namespace) && isName(name) && (await readPushSecret(`${namespace}/${name}`, context.req.raw.signal))
    return found ? context.json(found) : notFound(context, 'PushSecret')
  })
  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (context) => failure(context, 413, 'too-large', `a request has at most ${MAX_BODY_BYTES} bytes`),
  })
  app.post(`${base}actions`, limit, async (context) => {
    if (isReadOnly) return failure(context, 403, 'forbidden', 'the server was started with --read-only')
    const request = parseActionRequest(await context.req.text())
    if (request === undefined) {
      return failure(context, 400, 'invalid', 'expected an action, and namespace, name and uid of an ExternalSecret')
    }
    const { namespace = request.namespace } = options
    if (request.namespace !== namespace) {
      return failure(context, 403, 'forbidden', `the server was started for namespace ${namespace} only`)
    }
    // A change that has begun is not given up when the page is closed.
    return context.json(await act(request, options.stopping))
  })
}

function notFound(context: Context, kind: string): Response {
  return failure(context, 404, 'not-found', `there is no such ${kind}, or it has been deleted`)
}

function failure(
  context: Context,
  status: ContentfulStatusCode,
  code: ApiFailure['error']['code'],
  message: string,
): Response {
  const body: ApiFailure = { error: { code, message } }
  return context.json(body, status)
}
