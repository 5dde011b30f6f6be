import type { KubeObject } from '@ack-secret-manager/k8s-client'

const DEFAULT_PORT = 8_080

/** Whether the identity in a Lease is that of a Pod: its name, and a random end. Pure. */
export function isHolder({ metadata }: KubeObject, holder: string): boolean {
  return metadata.name !== undefined && (holder === metadata.name || holder.startsWith(`${metadata.name}_`))
}

/** The leader, then the others in their order. Pure. */
export function leaderFirst(pods: readonly KubeObject[], holder: string): readonly KubeObject[] {
  return pods.toSorted((a, b) => Number(isHolder(b, holder)) - Number(isHolder(a, holder)))
}

/** Path of the metrics of a Pod, through the proxy of the API server. Pure. */
export function metricsPathOf({ metadata, spec }: KubeObject): string {
  const { namespace = '', name = '' } = metadata
  const { containers = [] } = (spec ?? {}) as PodSpec
  const port = containers.flatMap(({ ports = [] }) => ports).find((each) => each.name === 'metrics')?.containerPort
  return `/api/v1/namespaces/${namespace}/pods/${name}:${port ?? DEFAULT_PORT}/proxy/metrics`
}

interface PodSpec {
  readonly containers?: readonly {
    readonly ports?: readonly { readonly name?: string; readonly containerPort?: number }[]
  }[]
}
