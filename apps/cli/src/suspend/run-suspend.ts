import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import {
  type LiveExternalSecret,
  resourcePath,
  type SuspendAction,
  suspendStep,
} from '@ack-secret-manager/resource-view'
import type { ClusterReader } from '../kube/cluster-reader.ts'
import { type Changed, patchResources } from '../kube/change-external-secrets.ts'
import { withKube } from '../kube/kube-session.ts'
import { type ChangeResult, failedChange, printChanges } from '../kube/print-changes.ts'
import type { ResourceRef } from '../kube/resource-ref.ts'
import { requiredSelectionOf, selectExternalSecrets } from '../kube/select-external-secrets.ts'
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
  const selection = requiredSelectionOf(call)
  if (selection.isEverywhere && selection.selector === undefined)
    throw new UsageError('--all-namespaces needs --selector')
  return withKube({ flags, io, timeoutMs: flags.timeout }, async ({ reader, namespace, log }) => {
    const { ref } = selection
    const results =
      ref?.kind === 'ClusterExternalSecret'
        ? await changeTemplate(action, ref, { reader, flags })
        : await changeSelected(action, await selectExternalSecrets(reader, selection, namespace), { reader, flags })
    if (results.length === 0) log.info(`no ExternalSecret matches; nothing to ${action}`)
    return printChanges(results, flags.output, io)
  })
}

interface Changing {
  readonly reader: ClusterReader
  readonly flags: Call['flags']
}

/** A ClusterExternalSecret has the field in the spec of its ExternalSecrets. */
async function changeTemplate(
  action: SuspendAction,
  { name }: ResourceRef,
  { reader, flags }: Changing,
): Promise<readonly ChangeResult[]> {
  const path = resourcePath('ClusterExternalSecret', '', name)
  const { metadata, spec } = await reader.get(path, `ClusterExternalSecret ${name}`)
  const { externalSecretSpec } = (spec ?? {}) as { readonly externalSecretSpec?: { readonly suspend?: boolean } }
  const resource = { kind: 'ClusterExternalSecret', namespace: '', name, uid: metadata.uid } as const
  if ((externalSecretSpec?.suspend ?? false) === (action === 'suspend')) {
    const state = action === 'suspend' ? 'already suspended' : 'not suspended'
    return [{ ...named(resource), result: 'unchanged', message: `its ExternalSecrets are ${state}` }]
  }
  const done = `its ExternalSecrets are ${pastOf(action)}`
  return patched([resource], { patch: { spec: { externalSecretSpec: suspendField(action) } }, done }, { reader, flags })
}

async function changeSelected(
  action: SuspendAction,
  selected: readonly LiveExternalSecret[],
  changing: Changing,
): Promise<readonly ChangeResult[]> {
  const steps = selected.map((each) => ({ each, step: suspendStep(action, each) }))
  const todo = steps.filter(({ step }) => step.kind === 'change').map(({ each }) => changedOf(each))
  const results = await patched(todo, { patch: { spec: suspendField(action) }, done: pastOf(action) }, changing)
  const others = steps.flatMap(({ each, step }): ChangeResult[] =>
    step.kind === 'change' ? [] : [{ ...named(changedOf(each)), result: step.kind, message: step.message }],
  )
  return [...results, ...others]
}

async function patched(
  resources: readonly Changed[],
  { patch, done }: { readonly patch: object; readonly done: string },
  { reader, flags }: Changing,
): Promise<readonly ChangeResult[]> {
  const isDryRun = flags['dry-run']
  const failures = await patchResources(reader, resources, { patch, isDryRun })
  return resources.map((resource) => {
    const error = failures.get(resource)
    if (error) return failedChange(resource, error)
    return { ...named(resource), result: 'done', message: isDryRun ? `${done} (dry run)` : done }
  })
}

function changedOf({ namespace, name, metadata }: LiveExternalSecret): Changed {
  return { kind: 'ExternalSecret', namespace, name, uid: metadata.uid }
}

function named({ kind, namespace, name }: Changed): Pick<ChangeResult, 'kind' | 'namespace' | 'name'> {
  return { kind, namespace, name }
}

function suspendField(action: SuspendAction): { readonly suspend: true | null } {
  return { suspend: action === 'suspend' ? true : null }
}

function pastOf(action: SuspendAction): string {
  return action === 'suspend' ? 'suspended' : 'resumed'
}
