import { type Clock, SecretSyncError, systemClock } from '@ack-secret-manager/core'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import { getRequestListener } from '@hono/node-server'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { ActionRequest, ActionResult } from '../model/views/action.ts'
import type { SessionView } from '../model/views/wire.ts'
import { AccessReviews } from './cluster/access-reviews.ts'
import { ClusterWatch } from './cluster/cluster-watch.ts'
import { readPushSecret, readResource, readStore } from './cluster/read-details.ts'
import { createApp } from './http/app.ts'
import { readPageFiles } from './http/page-files.ts'
import { isAllowedPeer, peerUser } from './http/peer-user.ts'
import { hostOf } from './http/request-guard.ts'
import { Session } from './http/session.ts'

const HOST = '127.0.0.1'
const MAX_CONNECTIONS = 64
const MAX_HEADER_BYTES = 16 * 1024
const REQUEST_TIMEOUT_MS = 10_000
/** A connection without a request is closed this much after the timeout at most. */
const CHECK_CONNECTIONS_MS = 1_000
/** For the last event to reach the pages. */
const END_MS = 100

/** Options of {@link startUiServer}. */
export interface UiServerOptions {
  readonly client: KubeClient
  readonly session: SessionView
  /** Undefined: it is searched. */
  readonly operatorNamespace: string | undefined
  /** 0 for a free one. */
  readonly port: number
  /** Directory of the built pages. */
  readonly pages: string
  /** Changes a resource, after the user has confirmed it on the page. */
  readonly act: (request: ActionRequest, signal: AbortSignal) => Promise<ActionResult>
  /** The link was opened. */
  readonly onOpened?: () => void
  /** A connection of another user was refused; undefined if it is not known which. */
  readonly onRefused?: ((user: number | undefined) => void) | undefined
  /** @default systemClock */
  readonly clock?: Clock
}

/** A running server. */
export interface UiServer extends AsyncDisposable {
  /** With the token: opens the page once. */
  readonly url: string
  /** Ends all connections and watches. */
  close(): Promise<void>
}

/**
 * Serves the pages on 127.0.0.1.
 * @throws SecretSyncError `Unavailable` if the port is taken; `NotFound` if the pages are not built
 */
export async function startUiServer(options: UiServerOptions): Promise<UiServer> {
  const { client, port, pages, session: view, clock = systemClock } = options
  const files = await readPageFiles(pages)
  if (files === undefined) {
    throw new SecretSyncError('NotFound', `the pages are not built; run: npm run build -w apps/ui`)
  }
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
  })
  server.maxConnections = MAX_CONNECTIONS
  const boundPort = await listen(server, port)
  const host = hostOf(HOST, boundPort)
  const stopping = new AbortController()
  const session = new Session()
  const watch = new ClusterWatch({ client, session: view, operatorNamespace: options.operatorNamespace, clock })
  const reviews = new AccessReviews({ client, clock })
  const details = (signal: AbortSignal) => ({
    client,
    collections: watch.collections,
    details: watch.details,
    reviews,
    isReadOnly: view.isReadOnly,
    onFailure: () => watch.probe.doubt(),
    signal: AbortSignal.any([signal, stopping.signal]),
  })
  const app = createApp({
    session,
    host,
    files,
    log: watch.log,
    namespace: view.namespace,
    isReadOnly: view.isReadOnly,
    clock,
    stopping: stopping.signal,
    pageOpened: () => watch.pageOpened(),
    onOpened: () => options.onOpened?.(),
    readResource: (key, signal) => readResource(details(signal), key),
    readStore: (store, signal) => readStore(details(signal), store),
    readPushSecret: (key, signal) => readPushSecret(details(signal), key),
    act: async (request, signal) => {
      const done = await options.act(request, signal)
      if (done.result === 'failed') watch.probe.doubt()
      return done
    },
  })
  // The global Request and Response belong to the whole process.
  const handle = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  serve(server, { port: boundPort, handle, onRefused: options.onRefused })
  watch.start()
  const close = async (): Promise<void> => {
    if (stopping.signal.aborted) return
    stopping.abort()
    const closed = once(server, 'close')
    server.close()
    server.closeIdleConnections()
    const timer = setTimeout(() => server.closeAllConnections(), END_MS)
    await Promise.all([closed, watch.close()])
    clearTimeout(timer)
  }
  return {
    url: `http://${host}/login?token=${session.token}`,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Destroys each connection that is not of this user, and serves the requests of the others. Each connection is checked once, when it opens. */
function serve(
  server: Server,
  { port, handle, onRefused }: { readonly port: number; readonly handle: Handler } & Pick<UiServerOptions, 'onRefused'>,
): void {
  const allowed = new WeakMap<Socket, Promise<boolean>>()
  const check = async (socket: Socket): Promise<boolean> => {
    const user = await peerUser(socket, port)
    const isAllowed = isAllowedPeer(user, process.getuid?.())
    if (!isAllowed) {
      socket.destroy()
      onRefused?.(typeof user === 'number' ? user : undefined)
    }
    return isAllowed
  }
  server.prependListener('connection', (socket) => void allowed.set(socket, check(socket)))
  const respond = async (...[request, response]: Parameters<Handler>): Promise<void> => {
    if (await allowed.get(request.socket)) await handle(request, response)
  }
  server.on('request', (request, response) => void respond(request, response))
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, HOST)
  try {
    await once(server, 'listening')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why =
      code === 'EADDRINUSE' ? 'is taken; choose another one with --port' : `cannot be used (${code ?? 'unknown'})`
    throw new SecretSyncError('Unavailable', `port ${port} of ${HOST} ${why}`)
  }
  return (server.address() as AddressInfo).port
}
