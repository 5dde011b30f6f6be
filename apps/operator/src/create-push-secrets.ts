import { ReferenceIndex, systemClock } from '@ack-secret-manager/core'
import { GoTemplateRenderer } from '@ack-secret-manager/go-template'
import type { StoreRegistry } from '@ack-secret-manager/stores'
import type { RateLimits, SyncEngine } from '@ack-secret-manager/sync-engine'
import type { OperatorConfig } from './config/operator-config.ts'
import type {
  PushSecretController,
  PushSecretControllerOptions,
} from './controllers/push-secret/push-secret-controller.ts'
import type { ExternalSecretControllerOptions } from './controllers/external-secret/external-secret-controller.ts'
import type { Namespaces } from './controllers/shared/namespaces.ts'
import type { DigestKey } from './digest-key.ts'
import { FailureLog } from './observability/failure-log.ts'
import type { OperatorOptions } from './operator-options.ts'
import { PushQuota } from './push/limits/push-quota.ts'
import { pushTargetOf, type PushTargetOptions } from './push/push-target-of.ts'
import type { QuotaShares } from './shards/quota-shares.ts'
import { pushDomain, type ResourceRoutes } from './shards/resource-routes.ts'
import type { SharedWork } from './shards/shared-work.ts'

export interface PushSecretParts
  extends
    Pick<OperatorOptions, 'log' | 'metrics' | 'fence'>,
    Pick<PushTargetOptions, 'storeOf'>,
    Pick<
      PushSecretControllerOptions,
      'client' | 'events' | 'namespaces' | 'onError' | 'onFault' | 'quota' | 'writersOf'
    > {
  readonly registry: StoreRegistry
  readonly digestKey: DigestKey
  readonly routes: ResourceRoutes
  readonly shares: QuotaShares
  readonly work: SharedWork
  readonly namespaceCache: Namespaces
  readonly engine: Pick<SyncEngine, 'hint'>
}

/** Loads the class of the controller only if PushSecrets are enabled, because the SDK is large. */
export async function loadPushSecretController({
  pushSecrets,
}: Pick<OperatorConfig, 'pushSecrets'>): Promise<typeof PushSecretController | undefined> {
  if (!pushSecrets) return undefined
  return (await import('./controllers/push-secret/push-secret-controller.ts')).PushSecretController
}

/** Parts that PushSecrets share with other controllers. */
export interface SharedByPushes extends Pick<PushSecretParts, 'writersOf'> {
  readonly quota: PushQuota
  /** Called with the account of an identity; also informs the limits of reads. */
  readonly onCallerIdentity: (name: string, identity: { readonly account: string }) => void
  readonly onTarget: ExternalSecretControllerOptions['onTarget']
}

export function sharedByPushes(
  Controller: typeof PushSecretController | undefined,
  {
    rateLimits,
    shares,
    config,
  }: {
    readonly rateLimits: RateLimits
    readonly shares: QuotaShares
    readonly config: Pick<OperatorConfig, 'kmsQps'>
  },
): SharedByPushes {
  const quota = new PushQuota({
    reads: rateLimits,
    readsPerSecond: config.kmsQps,
    shareOf: shares.shareOf,
    clock: systemClock,
  })
  shares.onLarger = () => {
    rateLimits.sharesChanged(systemClock.monotonic())
    quota.sharesChanged()
  }
  const targets = new ReferenceIndex()
  const onTarget = (key: string, target: string | undefined): void => {
    targets.set(key, target === undefined ? [] : [target])
  }
  return {
    quota,
    onCallerIdentity: (name, { account }) => {
      for (const limits of [rateLimits, quota]) limits.learn(name, account)
    },
    onTarget: Controller && onTarget,
    writersOf: (secret) => targets.ownersOf(secret),
  }
}

/** Creates the controller of PushSecrets; undefined if it is disabled. */
export function createPushSecrets(
  Controller: typeof PushSecretController | undefined,
  parts: PushSecretParts,
): PushSecretController | undefined {
  if (Controller === undefined) return undefined
  const { client, events, namespaces, onError, onFault, quota, writersOf } = parts
  const { fence, registry, digestKey, routes, shares, work, namespaceCache } = parts
  const pushTarget = pushTargetOf(parts)
  return new Controller({
    client,
    events,
    namespaces,
    onError,
    onFault,
    quota,
    writersOf,
    stores: {
      pushConnection: (query) => registry.pushConnection(query),
      pushTarget: (query) => {
        const target = pushTarget(query)
        shares.learn(target.quota, () => routes.domainOfQuery(query))
        return target
      },
    },
    // A separate renderer, so that slow names delay PushSecrets only.
    renderer: new GoTemplateRenderer(),
    cluster: digestKey.uid,
    digestKey: digestKey.key,
    domainOf: (query) => routes.domainOfQuery(query),
    owns: (resource) => work.owns(pushDomain(resource, routes)),
    isFenceOpen: () => fence.isOpen,
    isTerminating: namespaceCache.isTerminating,
    clock: systemClock,
    random: Math.random,
    ...observer(parts),
  })
}

function observer({
  log,
  metrics,
  engine,
}: Pick<PushSecretParts, 'log' | 'metrics' | 'engine'>): Pick<
  PushSecretControllerOptions,
  'onResult' | 'onChanged' | 'onReport' | 'onForgotten'
> {
  const failures = new FailureLog({ log, clock: systemClock, kind: { member: 'resource', many: 'PushSecrets' } })
  return {
    onResult: ({ namespace, name }, secret, result) => {
      metrics.pushes.inc({ result })
      const facts = { resource: `${namespace}/${name}`, secret }
      if (result === 'pushed') log.info(facts, 'KMS secret pushed')
      else if (result === 'deleted') log.info(facts, 'Deletion of a KMS secret scheduled')
      else if (result === 'left') log.warn(facts, 'KMS secret is no longer pushed and stays in KMS')
    },
    onChanged: (secret, quota) => engine.hint(secret, quota),
    onReport: ({ namespace, name }, { problem, outcomes = [], failures: others = [] }) => {
      const key = `${namespace}/${name}`
      const failure = problem ?? others[0] ?? outcomes.find((outcome) => outcome.failure)?.failure
      if (failure === undefined) failures.recovered(key)
      else failures.failing(key, failure.reason, failure.message)
    },
    onForgotten: (key) => failures.forget(key),
  }
}
