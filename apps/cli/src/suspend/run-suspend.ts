import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import type { SuspendAction } from '@ack-secret-manager/resource-view'
import { resourcePath } from '@ack-secret-manager/resources'
import { withKube } from '../kube/kube-session.ts'
import { type ChangeResult, printChanges } from '../kube/print-changes.ts'
import { during, READING_CLUSTER } from '../output/progress.ts'
import type { ResourceRef } from '../kube/resource-ref.ts'
import { requiredSelectionOf, SELECTABLE, selectExternalSecrets } from '../kube/select-external-secrets.ts'
import { type Changing, changeSuspended, namedResource, pastOf, patchEach, suspendField } from './change-suspended.ts'
import type { SUSPEND_FLAGS } from './suspend-flags.ts'

type Call = CommandCall<typeof SUSPEND_FLAGS>

/** `acksm suspend` */
export function runSuspend(call: Call): Promise<number> {
  return changeSuspend('suspend', call)
}

/** `acksm resume` */
export function runResume(call: Call): Promise<number> {
  return changeSuspend('resume', call)
}

async function changeSuspend(action: SuspendAction, call: Call): Promise<number> {
  const { flags, io } = call
  const selection = requiredSelectionOf(call, { verb: action, choices: SELECTABLE })
  if (selection.isEverywhere && selection.selector === undefined)
    throw new UsageError('--all-namespaces needs --selector')
  return withKube({ flags, io, timeoutMs: flags.timeout }, async ({ reader, namespace, log }) => {
    const { ref } = selection
    const changing = { reader, isDryRun: flags['dry-run'] }
    const change = async (): Promise<readonly ChangeResult[]> =>
      ref?.kind === 'ClusterExternalSecret'
        ? changeTemplate(action, ref, changing)
        : changeSuspended(action, await selectExternalSecrets(reader, selection, namespace), changing)
    const results = await during(io, () => READING_CLUSTER, change())
    if (results.length === 0) log.info(`no ExternalSecret matches; nothing to ${action}`)
    return printChanges(results, flags.output, io)
  })
}

/** A ClusterExternalSecret has the field in the spec of its ExternalSecrets. */
async function changeTemplate(
  action: SuspendAction,
  { name }: ResourceRef,
  changing: Changing,
): Promise<readonly ChangeResult[]> {
  const path = resourcePath('ClusterExternalSecret', '', name)
  const { metadata, spec } = await changing.reader.get(path, `ClusterExternalSecret ${name}`)
  const { externalSecretSpec } = (spec ?? {}) as { readonly externalSecretSpec?: { readonly suspend?: boolean } }
  const resource = { kind: 'ClusterExternalSecret', namespace: '', name, uid: metadata.uid } as const
  if ((externalSecretSpec?.suspend ?? false) === (action === 'suspend')) {
    const state = action === 'suspend' ? 'already suspended' : 'not suspended'
    return [{ ...namedResource(resource), result: 'unchanged', message: `its ExternalSecrets are ${state}` }]
  }
  const done = `its ExternalSecrets are ${pastOf(action)}`
  return patchEach([resource], { patch: { spec: { externalSecretSpec: suspendField(action) } }, done }, changing)
}
