import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import { systemClock } from '@ack-secret-manager/core'
import { type KubeSession, withKube } from '../kube/kube-session.ts'
import { type Selection, selectionOf } from '../kube/select-external-secrets.ts'
import { Progress } from '../output/progress.ts'
import { paintFor } from '../output/style.ts'
import { overviewDocument } from './overview/overview-document.ts'
import { overviewText } from './overview/overview-text.ts'
import { isHealthy, readOverview } from './overview/read-overview.ts'
import { showResource } from './resource/show-resource.ts'
import type { STATUS_FLAGS } from './status-flags.ts'
import { watchStatus } from './watch-status.ts'
import { jsonText } from '../output/json-text.ts'

type Call = CommandCall<typeof STATUS_FLAGS>

/** `acksm status` */
export async function runStatus(call: Call): Promise<number> {
  const { flags, io } = call
  const selection = selectionOf(call)
  const { ref } = selection
  if (ref && ref.kind !== 'ExternalSecret' && flags.watch) {
    throw new UsageError(`--watch shows ExternalSecrets, not a ${ref.kind}`)
  }
  const limit = flags.watch ? {} : { timeoutMs: flags.timeout }
  return withKube({ flags, io, ...limit }, async (session) => {
    const progress = new Progress(io, systemClock, () => 'reading the cluster')
    try {
      const show = ref ? showResource : showOverview
      const { isFine, ...scope } = await show(call, session, { ...selection, end: () => progress.end() })
      if (!flags.watch) return isFine ? 0 : 1
      for (const note of session.reader.takeNotes()) session.log.info(note)
      await watchStatus(session.reader, scope, { io, output: flags.output, log: session.log })
      return io.signal.reason === 'SIGTERM' ? 0 : 130
    } finally {
      progress.end()
    }
  })
}

/** What to show, and what to do before printing. */
export interface Shown extends Selection {
  readonly end: () => void
}

async function showOverview(
  { flags, io }: Call,
  { reader, namespace: context }: KubeSession,
  { end, ...selection }: Shown,
) {
  const { selector, isEverywhere } = selection
  const namespace = isEverywhere ? undefined : (selection.namespace ?? context)
  const overview = await readOverview(reader, {
    namespace,
    selector,
    operatorNamespace: flags['operator-namespace'],
  })
  end()
  const options = { paint: paintFor(io), nowMs: systemClock.now(), isWide: flags.output === 'wide' }
  if (flags.output === 'json') io.stdout.write(jsonText(overviewDocument(overview, reader.notes)))
  else io.stdout.write(overviewText(overview, options))
  return { isFine: isHealthy(overview), namespace, selector, shown: overview.resources }
}
