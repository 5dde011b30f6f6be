import { keyOf, type LiveExternalSecret } from '@ack-secret-manager/resource-view'
import { REFRESH_NOW_ANNOTATION } from '@ack-secret-manager/resources'
import { patchResources } from '../kube/change-external-secrets.ts'
import type { ClusterReader } from '../kube/cluster-reader.ts'
import { type ChangeResult, failedChange } from '../kube/print-changes.ts'

/** The result of {@link requestRefresh}. */
export interface Requested {
  readonly requested: readonly LiveExternalSecret[]
  /** Of resources that were not requested. */
  readonly results: readonly ChangeResult[]
}

/** Asks the operator to read these ExternalSecrets now. Suspended ones are refused. @param value of the annotation */
export async function requestRefresh(
  reader: ClusterReader,
  selected: readonly LiveExternalSecret[],
  value: string,
): Promise<Requested> {
  const suspended = selected.filter(({ spec }) => spec?.suspend === true)
  const active = selected.filter(({ spec }) => spec?.suspend !== true)
  const targets = active.map((each) => ({ ...namedExternalSecret(each), uid: each.metadata.uid, each }))
  const patch = { metadata: { annotations: { [REFRESH_NOW_ANNOTATION]: value } } }
  const failures = await patchResources(reader, targets, { patch, isDryRun: false })
  return {
    requested: targets.filter((target) => !failures.has(target)).map(({ each }) => each),
    results: [
      ...[...failures].map(([target, error]) => failedChange(target, error)),
      ...suspended.map((each): ChangeResult => {
        return {
          ...namedExternalSecret(each),
          result: 'refused',
          message: `is suspended; resume it first: acksm resume ${keyOf(each)}`,
        }
      }),
    ],
  }
}

/** The beginning of the result of an ExternalSecret. */
export function namedExternalSecret({
  namespace,
  name,
}: LiveExternalSecret): Pick<ChangeResult, 'kind' | 'namespace' | 'name'> & { readonly kind: 'ExternalSecret' } {
  return { kind: 'ExternalSecret', namespace, name }
}
