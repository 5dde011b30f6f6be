import { type LiveExternalSecret, type SuspendAction, suspendStep } from '@ack-secret-manager/resource-view'
import { type Changed, patchResources } from '../kube/change-external-secrets.ts'
import type { ClusterReader } from '../kube/cluster-reader.ts'
import { type ChangeResult, failedChange } from '../kube/print-changes.ts'

/** How to change resources. */
export interface Changing {
  readonly reader: ClusterReader
  readonly isDryRun: boolean
}

/** Sets or removes `spec.suspend` of ExternalSecrets. Those that need no change, or may not be changed, are in the result too. */
export async function changeSuspended(
  action: SuspendAction,
  selected: readonly LiveExternalSecret[],
  changing: Changing,
): Promise<readonly ChangeResult[]> {
  const steps = selected.map((each) => ({ each, step: suspendStep(action, each) }))
  const todo = steps.filter(({ step }) => step.kind === 'change').map(({ each }) => changedOf(each))
  const results = await patchEach(todo, { patch: { spec: suspendField(action) }, done: pastOf(action) }, changing)
  const others = steps.flatMap(({ each, step }): ChangeResult[] =>
    step.kind === 'change' ? [] : [{ ...namedResource(changedOf(each)), result: step.kind, message: step.message }],
  )
  return [...results, ...others]
}

/** Patches resources; each has a result. @param done the end of a sentence */
export async function patchEach(
  resources: readonly Changed[],
  { patch, done }: { readonly patch: object; readonly done: string },
  { reader, isDryRun }: Changing,
): Promise<readonly ChangeResult[]> {
  const failures = await patchResources(reader, resources, { patch, isDryRun })
  return resources.map((resource) => {
    const error = failures.get(resource)
    if (error) return failedChange(resource, error)
    return { ...namedResource(resource), result: 'done', message: isDryRun ? `${done} (dry run)` : done }
  })
}

function changedOf({ namespace, name, metadata }: LiveExternalSecret): Changed {
  return { kind: 'ExternalSecret', namespace, name, uid: metadata.uid }
}

/** The beginning of the result of a resource. */
export function namedResource({ kind, namespace, name }: Changed): Pick<ChangeResult, 'kind' | 'namespace' | 'name'> {
  return { kind, namespace, name }
}

/** The field in a spec. */
export function suspendField(action: SuspendAction): { readonly suspend: true | null } {
  return { suspend: action === 'suspend' ? true : null }
}

/** The end of a sentence about a resource. */
export function pastOf(action: SuspendAction): string {
  return action === 'suspend' ? 'suspended' : 'resumed'
}
