/** A resource with the fields that kstatus and Argo CD look at. */
export interface LiveResource {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly generation: number
    readonly annotations?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
  }
  readonly spec: Readonly<Record<string, unknown>>
  readonly status?: {
    readonly observedGeneration?: number
    readonly lastHandledRefresh?: string
    readonly conditions?: ReadonlyArray<{
      readonly type: string
      readonly status: string
      readonly reason: string
      readonly message: string
      readonly observedGeneration?: number
    }>
  }
}

/**
 * What Flux, `kustomize` and others conclude from a custom resource. The rules of `pkg/kstatus/status` of
 * kubernetes-sigs/cli-utils for kinds that it does not know.
 */
export function kstatusOf({ metadata, status }: LiveResource): 'Terminating' | 'InProgress' | 'Failed' | 'Current' {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating'
  if (status?.observedGeneration !== undefined && status.observedGeneration !== metadata.generation) return 'InProgress'
  const conditions = status?.conditions ?? []
  for (const condition of conditions) {
    if (condition.type === 'Reconciling' && condition.status === 'True') return 'InProgress'
    if (condition.type === 'Stalled' && condition.status === 'True') return 'Failed'
  }
  const ready = conditions.find(({ type }) => type === 'Ready')
  // A resource without the condition counts as done.
  return ready === undefined || ready.status === 'True' ? 'Current' : 'InProgress'
}
