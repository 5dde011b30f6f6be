import { defaultStsEndpoint } from '@ack-secret-manager/alicloud-openapi'
import {
  isSecretSyncError,
  messageWithRequestId,
  reasonOf,
  Semaphore,
  type StoreReference,
} from '@ack-secret-manager/core'
import { registryEndpointIn } from '@ack-secret-manager/generator-token'
import { type ExternalSecretResource, type GenerateEntry, storeServiceOf } from '@ack-secret-manager/resources'
import {
  createGenerators,
  homeOf,
  storeKeyOf,
  type StoreRegistry,
  type StoreResource,
  storeLabel,
} from '@ack-secret-manager/stores'
import { groupedBy, listed } from '../../output/listed.ts'
import type { ServiceEndpoints } from '../../identity/service-endpoints.ts'
import type { Check, Finding } from '../check.ts'
import { reachedId } from '../network/network-checks.ts'
import { reasonAction } from '../reason-action.ts'

/** Tokens that are requested; each is a call of Container Registry or STS. */
const MAX_TOKENS = 100
const CONCURRENT_CALLS = 8

/** A token that an ExternalSecret wants. */
export interface WantedToken {
  readonly namespace: string
  readonly ref: StoreReference
  /** `cri-…`, or the ARN of a role. */
  readonly subject: string
  /** A generator of this token alone. */
  readonly entry: GenerateEntry
  readonly service: 'Container Registry' | 'STS'
  /** Where it is requested. */
  readonly endpoint: string
}

/** Distinct tokens of ExternalSecrets. */
export function wantedTokens(
  externalSecrets: Iterable<ExternalSecretResource>,
  stores: ReadonlyMap<string, StoreResource>,
  services: ServiceEndpoints,
): readonly WantedToken[] {
  const all = [...externalSecrets].flatMap(({ metadata: { namespace }, spec }) =>
    spec.generate.flatMap((entry) => tokensOf(entry, namespace, { stores, services })),
  )
  return [...new Map(all.map((token) => [JSON.stringify(token), token])).values()]
}

interface Surroundings {
  readonly stores: ReadonlyMap<string, StoreResource>
  readonly services: ServiceEndpoints
}

function tokensOf(
  { containerRegistry, stsToken }: GenerateEntry,
  namespace: string,
  { stores, services }: Surroundings,
): readonly WantedToken[] {
  const { network, region: own, stsEndpoint } = services
  const common = (ref: StoreReference): Pick<WantedToken, 'namespace' | 'ref'> => ({ namespace, ref })
  const regionOf = (ref: StoreReference): string => regionOfStore(stores.get(storeId(ref, namespace))) ?? own
  if (containerRegistry !== undefined) {
    const { secretStoreRef: ref, instances } = containerRegistry
    return instances.map(({ registries: _domains, ...instance }): WantedToken => {
      const region = instance.region ?? regionOf(ref)
      const endpoint = registryEndpointIn(region, services)
      // A token is for all domain names of its instance.
      const registry = { secretStoreRef: ref, instances: [{ ...instance, registries: [] }] }
      const entry = { name: 'token', containerRegistry: registry }
      return { ...common(ref), subject: instance.id, entry, service: 'Container Registry', endpoint }
    })
  }
  if (stsToken === undefined) return []
  const { secretStoreRef: ref, roleArn: subject } = stsToken
  const endpoint = stsEndpoint ?? defaultStsEndpoint(regionOf(ref), network)
  return [{ ...common(ref), subject, entry: { name: 'token', stsToken }, service: 'STS', endpoint }]
}

function regionOfStore(store: StoreResource | undefined): string | undefined {
  const service = store && storeServiceOf(store.spec)
  return service?.kind === 'endpoint' ? service.region : undefined
}

/** As `Manifests.stores` has it. */
function storeId(ref: StoreReference, namespace: string): string {
  const home = homeOf(ref, namespace)
  return home === '' ? ref.name : `${home}/${ref.name}`
}

/** Options of {@link tokenChecks}. */
export interface TokenChecksOptions {
  readonly tokens: readonly WantedToken[]
  readonly registry: Pick<StoreRegistry, 'tokenIdentity' | 'tokens'>
  /** Ids of the checks of a store; none for one without a manifest. */
  readonly needsOf: (store: { readonly namespace: string; readonly name: string }) => readonly string[]
  readonly timeoutMs: number
}

/** Checks whether each store hands out the tokens that are wanted of it, by getting each once. */
export function tokenChecks({ tokens, registry, needsOf, timeoutMs }: TokenChecksOptions): readonly Check[] {
  const groups = groupedBy(tokens, ({ ref, namespace, endpoint }) => `${storeKeyOf(ref, namespace)} ${endpoint}`)
  return [...groups.values()].flatMap((group): Check[] => {
    const [first] = group
    if (first === undefined) return []
    const { ref, namespace, endpoint, service } = first
    const home = homeOf(ref, namespace)
    return [
      {
        id: `tokens.${storeId(ref, namespace)}.${endpoint}`,
        section: 'Tokens',
        title: `Tokens of ${storeLabel(home, ref.name)} from ${service}`,
        needs: [...needsOf({ namespace: home, name: ref.name }), reachedId(endpoint)],
        timeoutMs,
        action: reasonAction('ExternalSecret', 'Ready', 'Unavailable'),
        run: (signal) => findingsOf(registry, group, signal),
      },
    ]
  })
}

async function findingsOf(
  stores: TokenChecksOptions['registry'],
  tokens: readonly WantedToken[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const create = createGenerators({ stores })
  const slots = new Semaphore(CONCURRENT_CALLS)
  const checked = tokens.slice(0, MAX_TOKENS)
  const results = await Promise.all(
    checked.map(({ entry, namespace, subject }) =>
      slots.run(async (): Promise<Result> => {
        try {
          await create(entry, namespace).generate({ signal })
          return { subject }
        } catch (error) {
          if (!isSecretSyncError(error) || signal.aborted) throw error
          return { subject, reason: reasonOf(error.code), message: messageWithRequestId(error) }
        }
      }),
    ),
  )
  return summarized(results, tokens.length - checked.length)
}

interface Result {
  readonly subject: string
  readonly reason?: ReturnType<typeof reasonOf>
  readonly message?: string
}

/** One finding for all tokens that were issued, and one for each other. Pure. */
function summarized(results: readonly Result[], unchecked: number): readonly Finding[] {
  const issued = [...new Set(results.flatMap(({ subject, reason }) => (reason === undefined ? [subject] : [])))]
  return [
    ...(issued.length === 0
      ? []
      : [{ status: 'ok', detail: `${issued.length} issued, and dropped: ${listed(issued)}` } as const]),
    ...results.flatMap(({ reason, message }): Finding[] =>
      reason === undefined
        ? []
        : [
            {
              status: 'failed',
              reason,
              detail: `${reason}: ${message}`,
              action: reasonAction('ExternalSecret', 'Ready', reason),
            },
          ],
    ),
    ...(unchecked > 0
      ? [{ status: 'skipped', detail: `${unchecked} more tokens; name fewer manifests` } as const]
      : []),
  ]
}
