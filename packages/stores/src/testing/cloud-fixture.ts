import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { SecretSyncError, type StoreQuery } from '@ack-secret-manager/core'
import { type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import type { StoreResource } from '../store-references.ts'
import { StoreRegistry } from '../store-registry.ts'
import type { StoreDefaults, StoreRegistryOptions, StoreState } from '../store-types.ts'
import { DRIVERS } from './drivers.ts'
import { CANARY, connectionOf, readThrough, secretKey, signal } from './store-fixture.ts'

export const ACCOUNT = '1234567890123456'
export const PARTNER = '9876543210987654'
const ISSUER = 'https://oidc.example/c1'
export const PROVIDER = `acs:ram::${ACCOUNT}:oidc-provider/ack-rrsa-c1`
export const roleArn = (name: string, account = ACCOUNT): string => `acs:ram::${account}:role/${name}`

const READ = [{ actions: ['kms:GetSecretValue', 'oos:GetSecretParameter', 'sts:AssumeRole'], resources: ['*'] }]
const ASSUME = [{ actions: ['sts:AssumeRole'], resources: ['*'] }]
const oidc = (subject: string) => ({ oidc: { issuer: ISSUER, audience: 'sts.aliyuncs.com', subject } })
export const OPERATOR = 'system:serviceaccount:kube-system:ack-secret-manager'

/** Test environment of stores: Secrets and ServiceAccounts in memory, the simulator of Alibaba Cloud over TLS. */
export class Cloud implements AsyncDisposable {
  readonly simulator: Simulator
  readonly tokenDirectory: string
  /** By namespace/name/key. */
  readonly secrets = new Map<string, string | Uint8Array>()
  /** By namespace/name. */
  readonly serviceAccounts = new Map<string, { uid: string; roleArn?: string }>()
  readonly registries: StoreRegistry[] = []
  readonly #token: (claims: object) => string
  readonly #trustedBefore: string[]

  private constructor(simulator: Simulator, tokenDirectory: string, token: (claims: object) => string) {
    this.simulator = simulator
    this.tokenDirectory = tokenDirectory
    this.#token = token
    this.#trustedBefore = tls.getCACertificates('default')
    tls.setDefaultCACertificates([...this.#trustedBefore, simulator.caPem])
  }

  static async start(): Promise<Cloud> {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const kid = 'key-1'
    const simulator = await startSimulator({
      seed: {
        account: ACCOUNT,
        accessKeys: [
          { id: 'LTAI5tDemo', secret: CANARY, allow: READ },
          { id: 'LTAI5tPoor', secret: CANARY, allow: ASSUME },
        ],
        roles: [
          { name: 'node', trust: { ecs: true }, allow: READ, maxSessionSeconds: 43_200 },
          { name: 'reader', trust: { accessKeys: ['LTAI5tPoor'], roles: [roleArn('node')] }, allow: READ },
          { name: 'guarded', trust: { accessKeys: ['LTAI5tPoor'], externalId: 'ours' }, allow: [...READ, ...ASSUME] },
          {
            name: 'guarded-too',
            account: PARTNER,
            trust: { roles: [roleArn('guarded')], externalId: 'theirs' },
            allow: READ,
          },
          { name: 'operator', trust: oidc(OPERATOR), allow: READ },
          { name: 'web', trust: oidc('system:serviceaccount:prod:web'), allow: READ },
          { name: 'shared', account: PARTNER, trust: { roles: ['*'], accessKeys: ['*'] }, allow: READ },
        ],
        oidcProviders: [
          {
            arn: PROVIDER,
            issuer: ISSUER,
            jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kty: 'EC', kid }] },
          },
        ],
        metadata: {},
        instances: [
          {
            id: 'kst-demo',
            clientKeys: [
              { id: 'KAAP.demo', password: CANARY },
              { id: 'KAAP.spare', password: CANARY },
            ],
          },
        ],
        secrets: [{ name: 'app/db', versions: [{ id: 'v1', data: 'from-kms' }] }],
        parameters: [{ name: 'app/db', value: 'from-oos' }],
      },
    })
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const token = (claims: object): string => {
      const signed = `${part({ alg: 'ES256', kid, typ: 'JWT' })}.${part({ iss: ISSUER, ...claims })}`
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return `${signed}.${signature.toString('base64url')}`
    }
    return new Cloud(simulator, await mkdtemp(join(tmpdir(), 'stores-test-')), token)
  }

  /** Host of one of the simulator's services. */
  host(service: 'kms' | 'sts' | 'instance' | 'oos' | 'metadata'): string {
    return new URL(this.simulator[service] ?? '').host
  }

  registry(
    options: Partial<Omit<StoreRegistryOptions, 'defaults'>> & { defaults?: Partial<StoreDefaults> } = {},
  ): StoreRegistry {
    const registry = new StoreRegistry({
      drivers: DRIVERS,
      readSecretKey: async ({ namespace, name, key }) => {
        const value = secretKey(this.secrets, { namespace, name, key })
        return typeof value === 'string' ? new TextEncoder().encode(value) : value
      },
      readServiceAccount: async ({ namespace, name }) => {
        const found = this.serviceAccounts.get(`${namespace}/${name}`)
        if (found === undefined) throw new SecretSyncError('NotFound', 'no such ServiceAccount')
        return found
      },
      requestToken: async ({ namespace, name, audiences }) =>
        this.tokenOf(`system:serviceaccount:${namespace}:${name}`, audiences),
      enableWorkerRole: true,
      verifyIdentity: true,
      allowEndpoints: [this.host('instance')],
      allowTokenPaths: [this.tokenDirectory],
      ...options,
      defaults: {
        region: 'cn-hangzhou',
        endpoints: { kms: this.host('kms'), oos: this.host('oos') },
        stsEndpoint: this.host('sts'),
        metadataEndpoint: this.host('metadata'),
        oidcProviderArn: PROVIDER,
        ...options.defaults,
      },
    })
    this.registries.push(registry)
    return registry
  }

  /** A token like those of the API server. */
  tokenOf(subject: string, audiences: readonly string[] = ['sts.aliyuncs.com'], claims: object = {}): string {
    return this.#token({ sub: subject, aud: audiences, exp: Math.floor(Date.now() / 1_000) + 600, ...claims })
  }

  /** Writes a token file and returns its path. */
  async tokenFile(content: string = this.tokenOf(OPERATOR), name = `token-${randomUUID()}`): Promise<string> {
    const path = join(this.tokenDirectory, name)
    await writeFile(path, content)
    return path
  }

  /** Creates the Secret prod/NAME with an AccessKey. */
  keep(name: string, id: string, secret = CANARY): void {
    this.secrets.set(`prod/${name}/id`, id).set(`prod/${name}/secret`, secret)
  }

  /** Creates the Secret prod/NAME with a client key. */
  async keepClientKey(name: string, id: string): Promise<void> {
    const key = this.simulator.clientKeys[id]
    this.secrets
      .set(`prod/${name}/file`, await readFile(key?.file ?? ''))
      .set(`prod/${name}/password`, `${key?.password}\n`)
  }

  /** The CA of the instance in the format of a store. */
  async instanceCa(): Promise<string> {
    return (await readFile(this.simulator.instanceCaFile ?? '')).toString('base64')
  }

  /** A spec that reads from the instance with the client key of Secret prod/aap. */
  async instanceSpec(change: object = {}): Promise<object> {
    return {
      KMS: {
        dedicatedKMSAuth: {
          protocol: 'https',
          endpoint: this.host('instance'),
          ca: await this.instanceCa(),
          clientKeyContent: { name: 'aap', key: 'file' },
          password: { name: 'aap', key: 'password' },
          ...change,
        },
      },
    }
  }

  async control(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.simulator.control}/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status}`)
    return response.json()
  }

  /** Identities that successfully called an action, each once. */
  async callers(action: string): Promise<string[]> {
    const { calls } = (await this.control('GET', `calls?groupBy=action,identity&action=${action}&result=OK`)) as {
      calls: Array<{ identity: string }>
    }
    return calls.map(({ identity }) => identity)
  }

  /** Number of calls of an action with any result. */
  async count(action: string): Promise<number> {
    const { calls } = (await this.control('GET', `calls?groupBy=action&action=${action}`)) as {
      calls: Array<{ count: number }>
    }
    return calls[0]?.count ?? 0
  }

  /** Resets everything for the next test. */
  async reset(): Promise<void> {
    await Promise.all(this.registries.splice(0).map((registry) => registry.close()))
    this.secrets.clear()
    this.serviceAccounts.clear()
    await this.control('DELETE', 'faults')
    await this.control('DELETE', 'calls')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.registries.map((registry) => registry.close()))
    tls.setDefaultCACertificates(this.#trustedBefore)
    await rm(this.tokenDirectory, { recursive: true, force: true })
    await this.simulator.close()
  }
}

/** Adds a store and reads `app/db` through it. */
export async function readAs(
  registry: StoreRegistry,
  resource: StoreResource,
): Promise<{ state: StoreState; value: string }> {
  const state = await registry.upsert(resource, { signal })
  return { state, value: await readApp(registry, resource.metadata.name) }
}

export async function readApp(registry: StoreRegistry, name: string, query: Partial<StoreQuery> = {}): Promise<string> {
  return readThrough(connectionOf(registry.resolve({ namespace: 'prod', ref: { name }, secret: 'app/db', ...query })))
}
