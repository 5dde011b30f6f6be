import type { SimulatorOptions } from '@ack-secret-manager/kms-simulator'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { generateKeyPairSync, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { useSimulator } from './kms-certificate.ts'
import { CANARY } from './run.ts'

const EXAMPLES = fileURLToPath(new URL('../../../../examples/access/', import.meta.url))
const AUDIENCE = 'sts.aliyuncs.com'
const ALLOW = [{ actions: ['kms:GetSecretValue'], resources: ['shop/*'] }]

/** The OIDC provider that the manifests name. */
export const PROVIDER = 'acs:ram::1234567890123456:oidc-provider/ack-rrsa-demo'

/** Issuer of ServiceAccount tokens. */
export interface Issuer {
  readonly issuer: string
  readonly jwks: object
  /** Namespace of the ServiceAccounts. */
  readonly namespace: string
}

/** KMS, STS, OOS, ECS metadata and a KMS instance of the tests of a file, and manifests that use them. */
export function useAccess(issuerOf: () => Promise<Issuer>) {
  const simulator = useSimulator(async () => seedFor(await issuerOf()))
  const host = (service: 'kms' | 'sts' | 'oos' | 'instance'): string => new URL(simulator[service] ?? '').host
  const control = simulatorControl(() => simulator.control)
  const clientKey = (): { readonly file: string; readonly password: string } =>
    simulator.clientKeys['KAAP.demo'] ?? { file: '', password: '' }
  return {
    /** Flags that set the endpoints of all of them. */
    get flags() {
      const endpoints = ['--endpoint', host('kms'), '--sts-endpoint', host('sts'), '--oos-endpoint', host('oos')]
      return [...endpoints, '--metadata-endpoint', simulator.metadata ?? '', '--allow-endpoint', host('instance')]
    },
    get instance() {
      return host('instance')
    },
    get instanceCaFile() {
      return simulator.instanceCaFile ?? ''
    },
    get clientKey() {
      return clientKey()
    },
    /** An example with canaries as credentials and the real address of the instance. */
    async manifest(name: string): Promise<string> {
      const ca = (await readFile(simulator.instanceCaFile ?? '')).toString('base64')
      const text = await exampleText(`${name}.yaml`)
      return text.replace('endpoint: kst-demo', `endpoint: ${host('instance')}\n      ca: ${ca}`)
    },
    /** The Secret that the guide for client keys creates with kubectl. */
    async clientKeySecret(): Promise<string> {
      const { file, password } = clientKey()
      const stringData = { file: await readFile(file, 'utf8'), password: `${password}\n` }
      return stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'client-key' }, stringData })
    },
    /** Identities that called an action successfully since the last `forget`. */
    async callers(action: string): Promise<readonly string[]> {
      const { calls } = (await control('GET', `calls?groupBy=action,identity&action=${action}&result=OK`)) as {
        calls: { identity: string }[]
      }
      return calls.map(({ identity }) => identity)
    },
    /** Faults, and more. */
    control,
    forget: async () => void (await control('DELETE', 'calls')),
  }
}

/** Signs tokens as an API server does. */
export class TestIssuer implements Issuer {
  readonly issuer = 'https://oidc.example/c1'
  readonly namespace = 'default'
  readonly jwks: object
  readonly #sign: (text: string) => string

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'key-1' }] }
    this.#sign = (text) =>
      sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  }

  /** A token of the operator's ServiceAccount. */
  token(): string {
    const sub = `system:serviceaccount:${this.namespace}:ack-secret-manager`
    const claims = { iss: this.issuer, aud: [AUDIENCE], sub, exp: Math.floor(Date.now() / 1_000) + 600 }
    const text = [{ alg: 'ES256', kid: 'key-1', typ: 'JWT' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    return `${text}.${this.#sign(text)}`
  }
}

async function seedFor({ issuer, jwks, namespace }: Issuer): Promise<SimulatorOptions['seed']> {
  const role = (name: string, account: string): object => ({
    name,
    trust: { oidc: { issuer, audience: AUDIENCE, subject: `system:serviceaccount:${namespace}:${account}` } },
    allow: ALLOW,
  })
  const seed = parse(await exampleText('../seeds/access.yaml')) as { roles: object[] }
  return {
    ...seed,
    roles: [
      ...seed.roles,
      role('operator', 'ack-secret-manager'),
      role('shop', 'shop'),
      { name: 'direct', trust: { accessKeys: ['LTAI5tAssume'] }, allow: ALLOW },
    ],
    oidcProviders: [{ arn: PROVIDER, issuer, clientIds: [AUDIENCE], jwks }],
  } as SimulatorOptions['seed']
}

async function exampleText(file: string): Promise<string> {
  const text = await readFile(path.join(EXAMPLES, file), 'utf8')
  return text.replaceAll('not-a-real-secret', `${CANARY}-key`).replaceAll('first-password', `${CANARY}-password`)
}
