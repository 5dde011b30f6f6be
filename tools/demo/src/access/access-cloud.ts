import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ControlPlane } from '@ack-secret-manager/control-plane'
import { apply, type Manifest, SimulatorProcess } from '@ack-secret-manager/testenv'
import { parse, stringify } from 'yaml'
import { ACCESS_SEED } from './access-path.ts'

const PROVIDER = 'acs:ram::1234567890123456:oidc-provider/ack-rrsa-demo'
const AUDIENCE = 'sts.aliyuncs.com'
const OPERATOR_ACCOUNT = { namespace: 'default', name: 'ack-secret-manager' }

/** KMS, STS, ECS metadata and a KMS instance that know the cluster, and what the operator needs to find them. */
export class AccessCloud implements AsyncDisposable {
  readonly simulator: SimulatorProcess
  readonly #directory: string

  private constructor(simulator: SimulatorProcess, directory: string) {
    this.simulator = simulator
    this.#directory = directory
  }

  /** Starts it with the keys of the cluster as OIDC provider, as ACK does when RRSA is switched on. */
  static async start(plane: ControlPlane): Promise<AccessCloud> {
    const directory = await mkdtemp(path.join(tmpdir(), 'acksm-access-'))
    const discovery = await plane.request<{ issuer: string }>('GET', '/.well-known/openid-configuration')
    // Served as application/jwk-set+json, which comes as text.
    const { body: jwks } = await plane.request<string>('GET', '/openid/v1/jwks')
    const { issuer } = discovery.body
    const role = (name: string, account: string): object => ({
      name,
      trust: { oidc: { issuer, audience: AUDIENCE, subject: `system:serviceaccount:default:${account}` } },
      allow: [{ actions: ['kms:GetSecretValue'], resources: ['shop/*'] }],
    })
    const seed = parse(await readFile(ACCESS_SEED, 'utf8')) as { roles: object[] }
    const withCluster = {
      ...seed,
      roles: [...seed.roles, role('operator', OPERATOR_ACCOUNT.name), role('shop', 'shop')],
      oidcProviders: [{ arn: PROVIDER, issuer, clientIds: [AUDIENCE], jwks: JSON.parse(jwks) as object }],
    }
    const file = path.join(directory, 'seed.yaml')
    await writeFile(file, stringify(withCluster))
    return new AccessCloud(await SimulatorProcess.start(file), directory)
  }

  /** Flags that lead the operator here instead of to Alibaba Cloud. */
  get args(): readonly string[] {
    const { sts = '', metadata = '', oos = '', instance = '' } = this.simulator.ready
    return [
      `--sts-endpoint=${new URL(sts).host}`,
      `--oos-endpoint=${new URL(oos).host}`,
      `--metadata-endpoint=${metadata}`,
      `--allow-endpoint=${new URL(instance).host}`,
    ]
  }

  /** The operator's own ServiceAccount token, as its pod would mount it. */
  async operatorToken(plane: ControlPlane): Promise<string> {
    const { namespace, name } = OPERATOR_ACCOUNT
    await apply(plane.request, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } }, namespace)
    const { body } = await plane.request<{ status: { token: string } }>(
      'POST',
      `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [AUDIENCE] } },
    )
    const file = path.join(this.#directory, 'token')
    await writeFile(file, body.status.token, { mode: 0o600 })
    return file
  }

  /** Environment of an operator whose own identity is RRSA. */
  async rrsaEnvironment(plane: ControlPlane): Promise<Record<string, string>> {
    return {
      ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::1234567890123456:role/operator',
      ALIBABA_CLOUD_OIDC_PROVIDER_ARN: PROVIDER,
      ALIBABA_CLOUD_OIDC_TOKEN_FILE: await this.operatorToken(plane),
    }
  }

  /** The client key in the Secret that its guide makes with kubectl. */
  async clientKeySecret(): Promise<Manifest & { readonly stringData: Record<string, string> }> {
    const key = this.simulator.ready.clientKeys?.['KAAP.demo']
    if (!key) throw new Error('the simulator has made no client key')
    const stringData = { file: await readFile(key.file, 'utf8'), password: `${key.password}\n` }
    return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'client-key' }, stringData }
  }

  /** A manifest with the instance where it really is: on loopback, behind a CA of its own. */
  async here(manifest: Manifest): Promise<Manifest> {
    const { instance = '', instanceCaFile = '' } = this.simulator.ready
    const text = JSON.stringify(manifest)
    if (!text.includes('"endpoint":"kst-demo"')) return manifest
    const ca = (await readFile(instanceCaFile)).toString('base64')
    return JSON.parse(
      text.replace('"endpoint":"kst-demo"', `"endpoint":"${new URL(instance).host}","ca":"${ca}"`),
    ) as Manifest
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulator.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }
}
