import type { ChaosResource } from '../workload/resources.ts'

/** An ExternalSecret as the API server has it. */
export interface ReportedResource {
  readonly metadata: {
    readonly namespace: string
    readonly name: string
    readonly uid: string
    readonly generation: number
  }
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly reason: string
      readonly message: string
      readonly observedGeneration?: number
    }[]
  }
}

/**
 * Resources that are not Ready at their latest generation, as text. Pure. A replica that has not observed the latest spec may
 * still write intermediate ones, even if the Secret is correct now.
 */
export function unreadyResources(
  resources: readonly ChaosResource[],
  reported: readonly ReportedResource[],
): readonly string[] {
  return resources
    .filter(({ kind }) => kind !== 'conflict')
    .flatMap((resource) => {
      const { namespace, name } = resource
      const found = reported.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
      const why = found ? whyUnready(found) : 'absent'
      return why === undefined ? [] : [`${namespace}/${name} ${why}`]
    })
}

function whyUnready({ metadata, status }: ReportedResource): string | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  if (!ready) return 'no status'
  if (ready.status !== 'True') return `${ready.reason}: ${ready.message}`
  const { observedGeneration: seen } = ready
  return seen === metadata.generation ? undefined : `generation ${metadata.generation}, observed ${seen}`
}
