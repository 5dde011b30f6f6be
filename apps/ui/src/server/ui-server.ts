import { type Clock, SecretSyncError, systemClock } from '@ack-secret-manager/core'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import { getRequestListener } from '@hono/node-server'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ActionRequest, ActionResult } from '../model/views/action.ts'
import type { SessionView } from '../model/views/wire.ts'
import { AccessReviews } from './cluster/access-reviews.ts'
import { ClusterWatch } from './cluster/cluster-watch.ts'
import { readResource, readStore } from './cluster/read-details.ts'
import { createApp } from './http/app.ts'
import { readPageFiles } from './http/page-files.ts'
import { isAllowedPeer, peerUser } from './http/peer-user.ts'
import { Session } from './http/session.ts'

const HOST = '127.0.0.1'
const MAX_CONNECTIONS = 64
const MAX_HEADER_BYTES = 16 * 1024
const REQUEST_TIMEOUT_MS = 10_000
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
  })
  server.maxConnections = MAX_CONNECTIONS
  const boundPort = await listen(server, port)
  const host = `${HOST}:${boundPort}`
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
    signal: AbortSignal.any([signal, stopping.signal]),
  })
  const app = createApp({
    session,
    host,
    files,
    log: watch.log,
    isReadOnly: view.isReadOnly,
    clock,
    stopping: stopping.signal,
    pageOpened: () => watch.pageOpened(),
    onOpened: () => options.onOpened?.(),
    readResource: (key, signal) => readResource(details(signal), key),
    readStore: (store, signal) => readStore(details(signal), store),
    act: options.act,
  })
  // The global Request and Response belong to the whole process.
  const handle = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  server.on('request', (request, response) => void respond(request, response))
  const respond: typeof handle = async (request, response) => {
    const peer = await knownPeer(request.socket, boundPort)
    if (!peer) return void request.socket.destroy()
    return handle(request, response)
  }
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

const peers = new WeakMap<object, Promise<boolean>>()

/** Whether the other end of a connection is a process of this user. Asked once for a connection. */
function knownPeer(
  socket: Parameters<ReturnType<typeof getRequestListener>>[0]['socket'],
  port: number,
): Promise<boolean> {
  const known = peers.get(socket)
  if (known !== undefined) return known
  const { remotePort } = socket as { readonly remotePort?: number }
  const isKnown = async (): Promise<boolean> => {
    const user = remotePort === undefined ? undefined : await peerUser({ peerPort: remotePort, port })
    return isAllowedPeer(user, process.getuid?.())
  }
  const asked = isKnown()
  peers.set(socket, asked)
  return asked
}

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
