import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { StsClient } from '@ack-secret-manager/alicloud-openapi'
import { type Credential, type CredentialProvider, Sensitive } from '@ack-secret-manager/core'
import { issueServerCertificate, type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { expectRedacted } from '@ack-secret-manager/testkit'
import { afterEach, beforeEach, vi } from 'vitest'
import { redirect } from './redirect.ts'
import { testCluster, type TestCluster } from './oidc-token.ts'

export const ACCOUNT = '1234567890123456'
export const ADMIN = { id: 'LTAI5tAdmin', secret: canary('admin-secret') }
export const OIDC_PROVIDER = `acs:ram::${ACCOUNT}:oidc-provider/ack-rrsa-c1`

/** Where the SDK finds STS if no region is named. */
const STS_HOST = 'sts.aliyuncs.com'

export const roleArn = (name: string): string => `acs:ram::${ACCOUNT}:role/${name}`

/** Answers one request. */
type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** Parts of a session as services send them. */
export interface SessionParts {
  readonly AccessKeyId: string
  readonly AccessKeySecret: string
  readonly SecurityToken: string
  readonly Expiration: string
}

/**
 * All that a laptop and an ECS instance reach: STS, KMS, the metadata service at its fixed address, the sign-in service, and a
 * home directory.
 */
export class TestCloud implements AsyncDisposable {
  readonly simulator: Simulator
  readonly home: string
  readonly cluster: TestCluster
  readonly #servers: Server[] = []
  readonly #undo: (() => void)[] = []

  private constructor(simulator: Simulator, home: string, cluster: TestCluster) {
    this.simulator = simulator
    this.home = home
    this.cluster = cluster
  }

  static async start(): Promise<TestCloud> {
    const cluster = testCluster()
    const all = [{ actions: ['*'], resources: ['*'] }]
    const certificate = await issueServerCertificate(['localhost', '127.0.0.1', STS_HOST])
    const simulator = await startSimulator({
      certificate,
      seed: {
        account: ACCOUNT,
        accessKeys: [{ ...ADMIN, allow: all }],
        roles: [
          { name: 'known', trust: { accessKeys: [ADMIN.id], roles: [roleArn('known'), roleArn('node')] }, allow: all },
          { name: 'guarded', trust: { accessKeys: [ADMIN.id], externalId: 'shibboleth' } },
          { name: 'refused', trust: {} },
          { name: 'pod', trust: { oidc: cluster.trust } },
          { name: 'node', trust: { ecs: true }, allow: all },
        ],
        metadata: { role: 'node' },
        oidcProviders: [{ arn: OIDC_PROVIDER, issuer: cluster.issuer, jwks: cluster.jwks }],
        secrets: [{ name: 'app/db', versions: [{ id: 'v1', data: 'demo' }] }],
      },
    })
    const home = await mkdtemp(path.join(tmpdir(), 'auth-sdk-home-'))
    const cloud = new TestCloud(simulator, home, cluster)
    trust(simulator.caPem)
    cloud.#undo.push(
      redirect({
        '100.100.100.200:80': new URL(simulator.metadata ?? '').host,
        [`${STS_HOST}:443`]: new URL(simulator.sts ?? '').host,
      }),
    )
    return cloud
  }

  get sts(): string {
    return new URL(this.simulator.sts ?? '').host
  }

  get kms(): string {
    return new URL(this.simulator.kms).host
  }

  /** A file below the home directory. @returns its path */
  async file(name: string, content: string): Promise<string> {
    const file = path.join(this.home, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, content)
    return file
  }

  /** The configuration of the `aliyun` CLI. */
  cliConfig(profiles: readonly object[], current = ''): Promise<string> {
    return this.file('.aliyun/config.json', JSON.stringify({ current, profiles }))
  }

  async noFiles(): Promise<void> {
    await rm(path.join(this.home, '.aliyun'), { recursive: true, force: true })
    await rm(path.join(this.home, '.alibabacloud'), { recursive: true, force: true })
  }

  /** A real session of role `known`. */
  async session(): Promise<SessionParts> {
    await using sts = this.#client()
    const as: Credential = { accessKeyId: ADMIN.id, accessKeySecret: new Sensitive(ADMIN.secret) }
    const role = { arn: roleArn('known'), account: ACCOUNT, name: 'known' }
    const { accessKeyId, accessKeySecret, securityToken, expiresAtMs } = await sts.assumeRole({
      as: staticAs(as),
      session: { role, sessionName: 'test', durationSeconds: 3_600, policy: undefined },
      signal: AbortSignal.timeout(120_000),
    })
    return {
      AccessKeyId: accessKeyId,
      AccessKeySecret: accessKeySecret.expose(),
      SecurityToken: securityToken?.expose() ?? '',
      Expiration: new Date(expiresAtMs ?? 0).toISOString().replace(/\.\d+/, ''),
    }
  }

  /** The identity that STS reports for a provider's credential. */
  async whoIs(provider: CredentialProvider): Promise<string> {
    await using sts = this.#client()
    const credential = await provider.credential({ signal: AbortSignal.timeout(120_000) })
    const { arn } = await sts.callerIdentity(credential, { signal: AbortSignal.timeout(120_000) })
    return arn.replace(`acs:ram::${ACCOUNT}:`, '')
  }

  /** An HTTP service on loopback. @returns its origin */
  async serve(handler: Handler): Promise<string> {
    return `http://${await this.#listen(createHttpServer(listenerOf(handler)))}`
  }

  /** An HTTPS service that the SDK reaches by its fixed name. */
  async serveAs(hostname: string, handler: Handler): Promise<void> {
    const certificate = await issueServerCertificate([hostname])
    trust(certificate.rootPem)
    const server = createHttpsServer({ key: certificate.keyPem, cert: certificate.chainPem }, listenerOf(handler))
    this.#undo.push(redirect({ [`${hostname}:443`]: await this.#listen(server) }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const undo of this.#undo.toReversed()) undo()
    for (const server of this.#servers) {
      server.closeAllConnections()
      server.close()
    }
    await this.simulator.close()
    await rm(this.home, { recursive: true })
  }

  async #listen(server: Server): Promise<string> {
    this.#servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  #client(): StsClient {
    return new StsClient({ region: 'cn-hangzhou', endpoint: this.sts, ca: this.simulator.caPem })
  }
}

function listenerOf(handler: Handler): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    // A failure of a test's own service is a hanging request, which the test reports.
    void handler(request, response)
  }
}

/**
 * A cloud of the tests of a file. Each test has its own home directory without files, no `ALIBABA_CLOUD_` variable, and providers that are
 * closed after it.
 */
export function useCloud(): { readonly cloud: TestCloud; readonly opened: CredentialProvider[] } {
  const opened: CredentialProvider[] = []
  const cloud = useFixture(() => TestCloud.start())
  beforeEach(async () => {
    await cloud.noFiles()
    vi.stubEnv('HOME', cloud.home)
    for (const name of Object.keys(process.env)) if (name.startsWith('ALIBABA_CLOUD_')) vi.stubEnv(name, undefined)
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await Promise.all(opened.splice(0).map((provider) => provider.close()))
  })
  return { cloud, opened }
}

/** The error of work that must fail, without the secret of the admin or this one. */
export async function redactedFailure(work: Promise<unknown>, secret: string): Promise<Error> {
  const error = await failureOf(work)
  expectRedacted([error], [secret, ADMIN.secret])
  return error
}

/** Answers a request with JSON. */
export function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

/** Body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function trust(caPem: string): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), caPem])
}

function staticAs(credential: Credential): CredentialProvider {
  return {
    identity: { kind: 'test', fingerprint: 'test', description: 'test', account: ACCOUNT },
    credential: async () => credential,
    invalidate: () => undefined,
    close: async () => undefined,
  }
}
