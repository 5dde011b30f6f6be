import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import { systemClock } from '@ack-secret-manager/core'
import { type KubeSession, withKube } from '../kube/kube-session.ts'
import { type Selection, selectionOf } from '../kube/select-external-secrets.ts'
import { printable } from '../output/printable.ts'
import { Progress, READING_CLUSTER } from '../output/progress.ts'
import { paintFor } from '../output/style.ts'
import { overviewDocument } from './overview/overview-document.ts'
import { overviewText } from './overview/overview-text.ts'
import { isHealthy, type Overview, readOverview } from './overview/read-overview.ts'
import { showResource } from './resource/show-resource.ts'
import type { STATUS_FLAGS } from './status-flags.ts'
import { canRedraw, redrawStatus } from './redraw-status.ts'
import { watchStatus, type WatchScope } from './watch-status.ts'
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
    const progress = new Progress(io, systemClock, () => READING_CLUSTER)
    try {
      const show = ref ? showResource : showOverview
      const { isFine, ...scope } = await show(call, session, { ...selection, end: () => progress.end() })
      if (!flags.watch) return isFine ? 0 : 1
      for (const note of session.reader.takeNotes()) session.log.info(note)
      await watch(call, session, { isOverview: ref === undefined, scope })
      return io.signal.reason === 'SIGTERM' ? 0 : 130
    } finally {
      progress.end()
    }
  })
}

interface Watched {
  readonly isOverview: boolean
  readonly scope: WatchScope
}

/** Draws an overview again on a terminal. Prints a line for each change elsewhere, and of one resource. */
async function watch({ flags, io }: Call, session: KubeSession, { isOverview, scope }: Watched): Promise<void> {
  const { reader, log, warnings } = session
  const { output } = flags
  if (!isOverview || output === 'json' || !canRedraw(io)) return watchStatus(reader, scope, { io, output, log })
  const read = async (): Promise<string> => {
    const overview = await readOverview(reader, { ...scope, operatorNamespace: flags['operator-namespace'] })
    const notes = [...reader.takeNotes(), ...warnings.map((warning) => `warning: ${warning}`)]
    return [textOf(overview, { flags, io }), ...notes.map((note) => `${printable(note)}\n`)].join('')
  }
  return redrawStatus(reader, scope, { io, log, read })
}

function textOf(overview: Overview, { flags, io }: Pick<Call, 'flags' | 'io'>): string {
  return overviewText(overview, {
    paint: paintFor(io),
    nowMs: systemClock.now(),
    isWide: flags.output === 'wide',
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
  if (flags.output === 'json') io.stdout.write(jsonText(overviewDocument(overview, reader.notes)))
  else io.stdout.write(textOf(overview, { flags, io }))
  return { isFine: isHealthy(overview), namespace, selector, shown: overview.resources }
}
