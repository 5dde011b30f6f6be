import type { KubeObject } from '@ack-secret-manager/k8s-client'

/** Name of the Lease and the ServiceAccount without other settings. */
const DEFAULT_NAME = 'ack-secret-manager'
/** Limit of `--shards`. */
const MAX_SHARDS = 16

/** Parts of a Deployment. */
export interface Deployment extends KubeObject {
  readonly spec: {
    readonly replicas?: number
    readonly template: {
      readonly spec: {
        readonly serviceAccountName?: string
        readonly containers: ReadonlyArray<{ readonly image?: string; readonly args?: readonly string[] }>
      }
    }
  }
  readonly status?: { readonly replicas?: number; readonly availableReplicas?: number }
}

/** Parts of a Pod. */
export interface Pod extends KubeObject {
  readonly status?: {
    readonly phase?: string
    readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string; readonly message?: string }>
    readonly containerStatuses?: ReadonlyArray<{
      readonly state?: { readonly waiting?: { readonly reason?: string } }
      readonly lastState?: { readonly terminated?: { readonly reason?: string; readonly exitCode?: number } }
    }>
  }
}

/** How an operator runs, by the flags of its Deployment. */
export interface OperatorSettings {
  readonly namespace: string
  readonly name: string
  readonly image: string
  readonly serviceAccount: string
  readonly leaderElect: boolean
  readonly leaseNamespace: string
  /** The Lease of the first shard; those of further ones are `NAME-1` and so on. */
  readonly leaseName: string
  readonly shards: number
  /** Empty: all. */
  readonly watchNamespaces: readonly string[]
  readonly clusterSecretStores: boolean
  readonly clusterExternalSecrets: boolean
  readonly pushSecrets: boolean
  readonly batches: boolean
}

/** The settings of an operator. Pure. */
export function settingsOf({ metadata, spec }: Deployment): OperatorSettings {
  const { containers, serviceAccountName } = spec.template.spec
  const [container] = containers
  const flag = (name: string): string | undefined => flagOf(container?.args ?? [], name)
  const namespace = metadata.namespace ?? ''
  return {
    namespace,
    name: metadata.name ?? '',
    image: container?.image ?? 'no image',
    serviceAccount: serviceAccountName ?? 'default',
    leaderElect: flag('leader-elect') !== 'false',
    leaseNamespace: flag('leader-election-namespace') || namespace,
    leaseName: flag('lease-name') || DEFAULT_NAME,
    shards: shardsOf(flag('shards')),
    watchNamespaces: (flag('watch-namespaces') ?? '').split(',').filter((name) => name !== ''),
    clusterSecretStores: flag('process-cluster-secret-store') !== 'false',
    clusterExternalSecrets: flag('process-cluster-external-secret') !== 'false',
    pushSecrets: isOn(container?.args ?? [], 'process-push-secret'),
    batches: isOn(container?.args ?? [], 'kms-batch'),
  }
}

/** The operator rejects other numbers, so that it does not run. */
function shardsOf(text: string | undefined): number {
  const shards = Number(text ?? 1)
  return Number.isInteger(shards) && shards >= 1 && shards <= MAX_SHARDS ? shards : 1
}

/** Value of `--name=value` or `--name value`; the last one counts. */
function flagOf(args: readonly string[], name: string): string | undefined {
  let value: string | undefined
  args.forEach((arg, index) => {
    if (arg.startsWith(`--${name}=`)) value = arg.slice(name.length + 3)
    else if (arg === `--${name}` && args[index + 1]?.startsWith('-') === false) value = args[index + 1]
  })
  return value
}

/** Whether a flag that is off by default is on; it may have no value. */
function isOn(args: readonly string[], name: string): boolean {
  const value = flagOf(args, name)
  return value === undefined ? args.includes(`--${name}`) : value === 'true'
}

/** Why pods of a Deployment do not run: `CrashLoopBackOff (last exit 2)`, `ImagePullBackOff`. Empty if nothing tells. */
export function podTroubles(pods: readonly Pod[]): readonly string[] {
  const troubles = pods.flatMap(({ status }) => {
    const waiting = (status?.containerStatuses ?? []).flatMap(({ state, lastState }) => {
      const reason = state?.waiting?.reason
      const exit = lastState?.terminated?.exitCode
      return reason === undefined ? [] : [exit === undefined ? reason : `${reason} (last exit ${exit})`]
    })
    const unscheduled = (status?.conditions ?? [])
      .filter(({ type, status: is }) => type === 'PodScheduled' && is === 'False')
      .map(({ message }) => `not scheduled: ${message ?? ''}`)
    return [...waiting, ...unscheduled]
  })
  return [...new Set(troubles)]
}
