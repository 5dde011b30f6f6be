import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import { startUiServer } from '@ack-secret-manager/ui'
import { once } from 'node:events'
import path from 'node:path'
import { jsonText } from '../output/json-text.ts'
import { Log } from '../output/log.ts'
import { openCluster } from '../sync/cluster/cluster.ts'
import { VERSION } from '../version.ts'
import { openBrowser } from './open-browser.ts'
import { pagesDirectory } from './pages-directory.ts'
import { actionRunner } from './run-action.ts'
import type { UI_FLAGS } from './ui-flags.ts'

/** Lines about refused connections. */
const MAX_REFUSALS = 5

/** `acksm ui` */
export async function runUi({ flags, typed, io }: CommandCall<typeof UI_FLAGS>): Promise<number> {
  const isEverywhere = flags['all-namespaces']
  if (isEverywhere && typed.has('namespace')) {
    throw new UsageError('--namespace and --all-namespaces cannot be combined; use one of them')
  }
  const log = new Log(io.stderr, flags['log-level'])
  const client = await openCluster(flags, io)
  try {
    const namespace = isEverywhere ? undefined : (flags.namespace ?? client.namespace ?? 'default')
    let forgetLink = (): void => {}
    await using server = await startUiServer({
      client,
      session: {
        version: VERSION,
        context: client.context ?? '',
        ...(flags.kubeconfig === undefined ? {} : { kubeconfig: path.resolve(io.cwd, flags.kubeconfig) }),
        apiServer: client.server === undefined ? '' : new URL(client.server).host,
        isReadOnly: flags['read-only'],
        ...(namespace === undefined ? {} : { namespace }),
      },
      operatorNamespace: flags['operator-namespace'],
      port: flags.port ?? 0,
      pages: pagesDirectory(),
      act: actionRunner(client),
      onOpened: () => forgetLink(),
      onRefused: refusalLog(log),
    })
    io.stdout.write(flags.output === 'json' ? jsonText({ url: server.url }) : `${server.url}\n`)
    log.info('the link opens the page once, in one browser; Ctrl-C ends it')
    if (!flags['no-open']) forgetLink = await openBrowser(server.url, { env: io.env, log })
    const keepClean = io.process?.onExit(() => forgetLink())
    try {
      if (!io.signal.aborted) await once(io.signal, 'abort')
    } finally {
      keepClean?.()
      forgetLink()
    }
    return io.signal.reason === 'SIGTERM' ? 0 : 130
  } finally {
    await client.close()
  }
}

/** Says once for each user that a connection was refused: the page of this user may come through a program of another one. */
function refusalLog(log: Log): (user: number | undefined) => void {
  const known = new Set<number | undefined>()
  return (user) => {
    if (known.has(user) || known.size >= MAX_REFUSALS) return
    known.add(user)
    const who = user === undefined ? 'a user that is not known' : `the user ${user}`
    log.warn(`refused a connection of ${who}; only your own user can open the page, at 127.0.0.1`)
  }
}
