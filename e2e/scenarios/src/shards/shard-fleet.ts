import { canary } from '@ack-secret-manager/test-support/canary'
import {
  accessKeyStore,
  forEachIndex,
  type KubeSecret,
  metricValue,
  type OperatorProcess,
  type TestEnvironment,
  until,
} from '@ack-secret-manager/testenv'

/** Quota domains: one AccessKey each. Their Secrets have these numbers, because they give three shards three, three and two domains. */
const KEYS = [0, 1, 2, 4, 9, 10, 8, 13]
export const DOMAINS = KEYS.length
/** Refresh interval. Many resources on one machine need a long one. */
const intervalOf = (resources: number): string => (resources > 1_000 ? '60s' : '20s')
const VALUE = canary('shard-value')
/** A list of many Secrets costs the API server as much as their writes. */
const pauseOf = (resources: number): { pauseMs?: number } => (resources > 1_000 ? { pauseMs: 10_000 } : {})
const CONCURRENCY = 16
const DEADLINE_MS = 600_000

const keyOf = (domain: number) => ({ id: `LTAI5tShard${domain}`, secret: canary(`shard-key-${domain}`) })
export const nameOf = (index: number): string => `shard-${String(index).padStart(5, '0')}`
const secretOf = (index: number): string => `many/${nameOf(index)}`
const textOf = (index: number, revision: number): string => `${VALUE}-${revision}-${index}`

/** Seed: one AccessKey for each domain, one secret for each resource. */
export function seedOf(resources: number) {
  const allow = [{ actions: ['kms:GetSecretValue'], resources: ['*'] }]
  return {
    accessKeys: Array.from({ length: DOMAINS }, (_, domain) => ({ ...keyOf(domain), allow })),
    secrets: Array.from({ length: resources }, (_, index) => ({
      name: secretOf(index),
      versions: [{ id: 'r0', data: textOf(index, 0) }],
    })),
  }
}

interface NamedSecret extends KubeSecret {
  readonly metadata: KubeSecret['metadata'] & { readonly name: string }
}

/** Many resources in several quota domains, and the members that share them. */
export class ShardFleet {
  readonly #env: TestEnvironment
  readonly #resources: number

  constructor(env: TestEnvironment, resources: number) {
    this.#env = env
    this.#resources = resources
  }

  /** Creates stores and resources. @param target of all resources @default {} */
  async create(target: object = {}): Promise<void> {
    const env = this.#env
    for (let domain = 0; domain < DOMAINS; domain += 1) {
      const secret = `key-${KEYS[domain]}`
      await env.putSecret(secret, keyOf(domain))
      await env.apply('SecretStore', `store-${domain}`, accessKeyStore(secret))
    }
    await forEachIndex(this.#resources, CONCURRENCY, (index) => {
      const secretStoreRef = { name: `store-${index % DOMAINS}` }
      return env.apply('ExternalSecret', nameOf(index), {
        data: [{ key: secretOf(index), name: 'value', secretStoreRef }],
        target,
      })
    })
  }

  /** Starts a replica of a fleet of this size. */
  member(shards: number, leaseS: number, ...flags: readonly string[]): Promise<OperatorProcess> {
    return this.#env.operator(
      `--shards=${shards}`,
      `--lease-duration=${leaseS}s`,
      `--polling-interval=${intervalOf(this.#resources)}`,
      '--log-level=info',
      '--kms-qps=0',
      ...flags,
    )
  }

  /** Writes a new value of every secret. */
  async rotate(revision: number): Promise<void> {
    const body = Array.from({ length: this.#resources }, (_, index) => ({
      name: secretOf(index),
      data: textOf(index, revision),
      versionId: `r${revision}`,
    }))
    await this.#env.simulator.control('PUT', '/secrets', body)
  }

  /** Every Secret by name. */
  async secrets(): Promise<ReadonlyMap<string, KubeSecret>> {
    const { request, namespace } = this.#env.cluster
    const found = new Map<string, KubeSecret>()
    let token = ''
    do {
      const path = `/api/v1/namespaces/${namespace}/secrets?limit=500&continue=${encodeURIComponent(token)}`
      const { body } = await request<{ items: NamedSecret[]; metadata: { continue?: string } }>('GET', path)
      for (const secret of body.items) {
        const { name } = secret.metadata
        if (name.startsWith('shard-')) found.set(name, secret)
      }
      token = body.metadata.continue ?? ''
    } while (token !== '')
    return found
  }

  /** Resolves when every Secret has the value of a revision. */
  untilRevision(revision: number): Promise<ReadonlyMap<string, KubeSecret>> {
    let late: readonly string[] = []
    return until(
      () => `every Secret has revision ${revision}; ${late.length} have not: ${late.slice(0, 3).join(', ')}`,
      async () => {
        const secrets = await this.secrets()
        late = Array.from({ length: this.#resources }, (_, index) => index).flatMap((index) => {
          const value = secrets.get(nameOf(index))?.data?.['value'] ?? ''
          return Buffer.from(value, 'base64').toString() === textOf(index, revision) ? [] : [nameOf(index)]
        })
        return late.length === 0 && secrets
      },
      { deadlineMs: DEADLINE_MS, ...pauseOf(this.#resources) },
    )
  }

  /** Resolves when these members, and no others, have every resource exactly once. */
  async untilShared(members: readonly OperatorProcess[]): Promise<readonly number[]> {
    return until(
      `${members.length} members have each resource once`,
      async () => {
        const pages = await Promise.all(members.map((member) => member.metrics()))
        const of = (name: string): number[] => pages.map((page) => metricValue(page, name))
        const resources = of('acksm_member_resources')
        // Its domains are known at once; the engine has a resource when it is loaded, and a source when it is planned.
        const isComplete = [resources, of('acksm_sources')].every((counts) => sum(counts) === this.#resources)
        const known = of('acksm_members').every((count) => count === members.length)
        return isComplete && known && resources
      },
      { deadlineMs: DEADLINE_MS },
    )
  }
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
