import { defaultStsEndpoint, proxyOfEndpoint, proxyRoutesOf } from '@ack-secret-manager/alicloud-openapi'
import type { CommandCall } from '@ack-secret-manager/command-line'
import { defaultSmqEndpoint } from '@ack-secret-manager/hint-source-smq'
import { defined, isSecretSyncError, systemClock } from '@ack-secret-manager/core'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import { storeServiceOf } from '@ack-secret-manager/resources'
import type { NamespacedName, StoreResource } from '@ack-secret-manager/stores'
import { type Cloud, openCloud, openCloudIfNeeded } from '../identity/open-cloud.ts'
import { parseHintQueue } from '../flags/hint-queue.ts'
import { regionOf } from '../identity/region.ts'
import { kmsEndpointOf, serviceEndpoints } from '../identity/service-endpoints.ts'
import { InputError } from '../input-error.ts'
import { type Manifests, needsOwnIdentity, selectedNamespaces } from '../manifests/manifests.ts'
import type { Log } from '../output/log.ts'
import { clusterLabels } from '../sync/cluster/cluster-labels.ts'
import { openStores, type OpenedStores } from '../sync/stores/open-stores.ts'
import type { Check } from './check.ts'
import type { DOCTOR_FLAGS } from './doctor-flags.ts'
import { CREDENTIAL, identityChecks, identityIds, type OwnIdentity } from './identity/identity-checks.ts'
import { secretChecks } from './manifests/secret-checks.ts'
import { storeCheckId, storeChecks } from './manifests/store-checks.ts'
import { type EndpointDefaults, instanceOf, storeEndpoint } from './manifests/store-endpoints.ts'
import { tokenChecks, type WantedToken, wantedTokens } from './manifests/token-checks.ts'
import { networkChecks, type NetworkTarget, reachedId } from './network/network-checks.ts'
import { type CheckedQueue, queueChecks } from './queue-checks.ts'
import { quotaChecks } from './quota-checks.ts'

/** What {@link openLocalChecks} needs. */
export interface LocalChecksOptions {
  readonly call: CommandCall<typeof DOCTOR_FLAGS>
  readonly log: Log
  /** Absent without `-f`. */
  readonly manifests: Manifests | undefined
  /** Source of credentials that are not in the manifests. */
  readonly cluster: KubeClient | undefined
}

/** Checks of this machine and of the manifests. Must be closed. */
export interface LocalChecks {
  readonly checks: readonly Check[]
  close(): Promise<void>
}

const nowMs = (): number => systemClock.now()

/** Prepares the checks without a cluster. @throws InputError | UsageError */
export async function openLocalChecks(options: LocalChecksOptions): Promise<LocalChecks> {
  const { call, manifests, cluster } = options
  const { flags, io } = call
  // A malformed proxy would be the cause of everything else.
  const routes = proxyRoutesOf(io.env)
  const arns = flags['hint-queue'].map(parseHintQueue)
  const { cloud, identity } = await openIdentity(options)
  // The operator in a cluster has its own network and identity.
  if (manifests === undefined && cluster !== undefined && identity.kind === 'unneeded') {
    return { checks: [], close: () => cloud.close() }
  }
  const services = serviceEndpoints(flags, cloud)
  const defaults: EndpointDefaults = { ...services, allowed: flags['allow-endpoint'] }
  const kmsEndpoint = kmsEndpointOf(flags, cloud.region)
  const stsEndpoint = flags['sts-endpoint'] ?? defaultStsEndpoint(cloud.region, cloud.network)
  const stores = [...(manifests?.stores.values() ?? [])]
  const instances = [...new Set([...flags.instance, ...stores.flatMap((store) => instanceOf(store) ?? [])])]
  const tokens = manifests ? wantedTokens(manifests.externalSecrets.values(), manifests.stores, services) : []
  const queues = arns.map((queue): CheckedQueue => {
    return { queue, endpoint: flags['hint-endpoint'] ?? defaultSmqEndpoint(queue, cloud.network) }
  })
  const usesKms = manifests === undefined || needsOwnIdentity(manifests) || instances.length > 0
  const usesSts = manifests === undefined || identity.kind !== 'unneeded' || !stores.every(usesPackage)
  const targets: readonly NetworkTarget[] = [
    ...(usesKms ? [{ service: 'KMS', endpoint: kmsEndpoint }] : []),
    ...(usesSts ? [{ service: 'STS', endpoint: stsEndpoint }] : []),
    ...stores.flatMap((store) => storeEndpoint(store, defaults) ?? []),
    ...queues.map(({ endpoint }) => ({ service: 'SMQ', endpoint })),
    ...tokens,
  ]
  const distinct = [...new Map(targets.map((target) => [target.endpoint, target])).values()]
  const proxied = distinct.map((target) => ({ ...target, proxy: proxyOfEndpoint(routes, target.endpoint) }))
  const opened = manifests && (await openManifestStores(options, manifests, cloud))
  return {
    checks: [
      ...networkChecks(proxied, nowMs),
      ...identityChecks({ identity, region: cloud.region, stsEndpoint, proxy: routes, nowMs }),
      ...(opened && manifests ? manifestChecks(opened, { manifests, defaults, tokens }, call) : []),
      ...quotaChecks({ instances, kmsEndpoint, provider: cloud.identity, proxy: routes, needs: identityIds(identity) }),
      ...queueChecks({ queues, provider: cloud.identity, proxy: routes, needs: identityIds(identity) }),
    ],
    close: async () => {
      await opened?.close()
      await cloud.close()
    },
  }
}

function usesPackage({ spec }: StoreResource): boolean {
  return storeServiceOf(spec).kind === 'package'
}

async function openIdentity({
  call,
  log,
  manifests,
  cluster,
}: LocalChecksOptions): Promise<{ readonly cloud: Cloud; readonly identity: OwnIdentity }> {
  const { flags, typed, io } = call
  const request = { flags, typed, env: io.env, log, signal: io.signal, runsCommand: false }
  const isNeeded =
    flags['hint-queue'].length > 0 || (manifests === undefined ? cluster === undefined : needsOwnIdentity(manifests))
  try {
    const cloud = isNeeded ? await openCloud(request) : await openCloudIfNeeded(request, false)
    const { identity: provider, command } = cloud
    if (provider !== undefined) return { cloud, identity: { kind: 'found', provider, ...defined({ command }) } }
    const why = 'none is configured, and none is needed: stores have their own'
    return { cloud, identity: { kind: 'unneeded', why } }
  } catch (error) {
    const message = error instanceof InputError ? error.problems.join('; ') : undefined
    if (message === undefined && !isSecretSyncError(error)) throw error
    const region = regionOf({ flag: flags.region, env: io.env, profile: undefined })
    const cloud: Cloud = { region, network: flags.network, close: () => Promise.resolve() }
    return { cloud, identity: { kind: 'invalid', message: message ?? (error as Error).message } }
  }
}

async function openManifestStores(
  { call, log, cluster }: LocalChecksOptions,
  manifests: Manifests,
  cloud: Cloud,
): Promise<OpenedStores> {
  const { flags, typed, io } = call
  const labels = await labelsOf(manifests, cluster, log, io.signal)
  const namespaceLabels = (name: string) => manifests.namespaces.get(name) ?? labels.get(name)
  const options = { flags, typed, env: io.env, log, manifests: () => manifests, cluster, namespaceLabels }
  return openStores({ ...options, cloud, verifyIdentity: true }, io.signal)
}

async function labelsOf(
  manifests: Manifests,
  client: KubeClient | undefined,
  log: Log,
  signal: AbortSignal,
): ReturnType<typeof clusterLabels> {
  if (client === undefined) return new Map()
  const namespaces = selectedNamespaces(manifests).filter((name) => !manifests.namespaces.has(name))
  return clusterLabels({ client, namespaces, before: new Map(), onUnknown: (message) => log.debug(message), signal })
}

interface ManifestFacts {
  readonly manifests: Manifests
  readonly defaults: EndpointDefaults
  readonly tokens: readonly WantedToken[]
}

function manifestChecks(
  { registry }: OpenedStores,
  { manifests, defaults, tokens }: ManifestFacts,
  { flags }: LocalChecksOptions['call'],
): readonly Check[] {
  const needsOf = (store: StoreResource): readonly string[] => {
    const endpoint = storeEndpoint(store, defaults)?.endpoint
    return endpoint === undefined ? [] : [reachedId(endpoint)]
  }
  const stores = [...manifests.stores.values()]
  const needsOfStore = (store: NamespacedName): readonly string[] => {
    const key = store.namespace === '' ? store.name : `${store.namespace}/${store.name}`
    // One without a manifest is reported by the check itself.
    return manifests.stores.has(key) ? [storeCheckId(store)] : []
  }
  return [
    ...storeChecks({ stores, registry, needsOf, nowMs }),
    ...secretChecks({
      externalSecrets: [...manifests.externalSecrets.values()],
      registry,
      timeoutMs: flags.timeout,
      needsOf: (store) => (store === undefined ? [CREDENTIAL] : needsOfStore(store)),
    }),
    ...tokenChecks({ tokens, registry, needsOf: needsOfStore, timeoutMs: flags.timeout }),
  ]
}
