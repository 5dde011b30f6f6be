import { createPrivateKey } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ControlPlane } from '@ack-secret-manager/control-plane'
import {
  type OperatorProcess,
  Program,
  providerArn,
  roleArn,
  TestEnvironment,
  until,
} from '@ack-secret-manager/testenv'
import { canary, plant } from '@ack-secret-manager/test-support/canary'
import forge from 'node-forge'
import { hostileAnswers, type HostileKms, startHostileKms } from './hostile-kms.ts'
import { FAILED_ROWS, leakStores, PUSH_ROWS, PUSHED, SYNCED_ROWS, TEMPLATES, wrongCredentials } from './leak-cases.ts'
import { KEYS, leakSeed } from './leak-seed.ts'
import { installLeakyPackage, LEAKY_PACKAGE } from './leaky-package.ts'

export const NAMESPACE = 'leaks'
const USER = 'operator-under-test'
const ANSWERS = hostileAnswers(canary('response'))
const OPERATOR = fileURLToPath(new URL('../../../apps/operator/bin/ack-secret-manager.mjs', import.meta.url))

interface SessionSecrets {
  readonly sessions: readonly { readonly accessKeySecret: string; readonly securityToken: string }[]
}

/** An operator with a canary in every secret and credential that it uses. */
export class LeakEnvironment implements AsyncDisposable {
  readonly access: TestEnvironment
  readonly hostile: HostileKms
  readonly directory: string

  private constructor(access: TestEnvironment, hostile: HostileKms, directory: string) {
    this.access = access
    this.hostile = hostile
    this.directory = directory
  }

  static async open(): Promise<LeakEnvironment> {
    const directory = await mkdtemp(path.join(tmpdir(), 'acksm-leaks-'))
    const access = await TestEnvironment.start({
      controlPlane: { audit: 'everything', user: USER, namespace: NAMESPACE },
      seed: (issuer) => leakSeed(issuer, NAMESPACE),
    })
    const hostile = access.use(await startHostileKms(ANSWERS))
    const testEnv = new LeakEnvironment(access, hostile, directory)
    await installLeakyPackage(directory)
    await mkdir(testEnv.home)
    await writeFile(testEnv.#file('leaky'), canary('package-credential'))
    await writeFile(
      testEnv.#file('ca.pem'),
      `${await readFile(access.simulator.caFile, 'utf8')}\n${testEnv.hostile.caPem}`,
    )
    await testEnv.#furnish()
    return testEnv
  }

  get plane(): ControlPlane {
    return this.access.plane
  }

  /** Home and temporary directory of every process. */
  get home(): string {
    return this.#file('home')
  }

  /** Starts an operator and waits until it leads. */
  async operator(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<OperatorProcess> {
    const operator = await this.access.replica({
      args: [
        '--polling-interval=5s',
        '--enable-worker-role',
        '--own-identity=rrsa',
        '--uid=1234567890123456',
        '--cluster-id=demo',
        `--allow-endpoint=${this.hostile.endpoint}`,
        `--backend-package=${LEAKY_PACKAGE}`,
        `--plugin-dir=${this.directory}`,
        '--allow-namespaced-plugins',
        '--process-push-secret',
        ...args,
      ],
      env: {
        ...this.#environment(),
        ALIBABA_CLOUD_ROLE_ARN: roleArn('operator'),
        ALIBABA_CLOUD_OIDC_PROVIDER_ARN: providerArn('ack'),
        ALIBABA_CLOUD_OIDC_TOKEN_FILE: await this.access.tokenFile('operator'),
        ...env,
      },
    })
    await operator.leading()
    return operator
  }

  /** Runs an operator or another program until it exits. @returns exit code and output */
  async run(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    script: string = OPERATOR,
  ): Promise<{ readonly code: number | string; readonly said: string }> {
    await using program = Program.start({ name: 'program', script, args, env: { ...this.#environment(), ...env } })
    const code = await program.exited
    return { code, said: program.lines.join('\n') }
  }

  /** Waits until each row has its reason and every hostile response was sent. */
  async untilReasons(): Promise<void> {
    const wanted = Object.entries({ ...SYNCED_ROWS, ...FAILED_ROWS })
    const missing = async (): Promise<readonly string[]> => {
      const ready = await Promise.all(
        wanted.map(async ([name, { reason }]) => {
          const found = await this.access.ready('externalsecrets', name)
          return found?.reason === reason ? [] : [`${name}: ${reason}, not ${found?.reason}`]
        }),
      )
      const hostile = await Promise.all(
        Object.keys(ANSWERS).map(async (name) => {
          const found = await this.access.ready('externalsecrets', `hostile-${name}`)
          return found?.status === 'False' ? [] : [`hostile-${name}: ${found?.reason}`]
        }),
      )
      const pushes = await Promise.all(
        Object.entries(PUSH_ROWS).map(async ([name, { reason }]) => {
          const found = await this.access.ready('pushsecrets', name)
          const isExpected = reason === undefined ? found?.status === 'False' : found?.reason === reason
          return isExpected ? [] : [`${name}: ${reason}, not ${found?.reason}`]
        }),
      )
      return [...ready, ...hostile, ...pushes].flat()
    }
    let last: readonly string[] = []
    await until(
      'each row has its reason',
      async () => {
        last = await missing()
        return last.length === 0
      },
      { deadlineMs: 200_000, pauseMs: 500 },
    ).catch((error: unknown) => {
      throw new Error(`rows with another reason: ${last.join('; ')}`, { cause: error })
    })
  }

  /** Plants secrets that were created meanwhile: sessions, the digest key, and the common start of all tokens of the cluster. */
  async plantMade(): Promise<void> {
    const { sessions } = (await this.access.simulator.control('GET', 'sessions')) as SessionSecrets
    for (const { accessKeySecret, securityToken } of sessions) {
      plant('secret of a session', accessKeySecret)
      plant('start of a session token', securityToken.slice(0, 60))
      plant('end of a session token', securityToken.slice(-60))
    }
    const digestKey = await this.access.secret('ack-secret-manager-digest-key')
    const key = Buffer.from(digestKey?.data?.['key'] ?? '', 'base64')
    plant('digest key', key.toString('base64'))
    plant('digest key in hex', key.toString('hex'))
    const token = await readFile(path.join(this.access.directory, 'token-operator'), 'utf8')
    plant('start of ServiceAccount tokens', token.split('.')[0] ?? '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.access[Symbol.asyncDispose]()
    await rm(this.directory, { recursive: true, force: true })
  }

  async #furnish(): Promise<void> {
    const { access } = this
    await access.serviceAccount('shop')
    await access.serviceAccount('operator')
    const clientKey = await this.#clientKey()
    await writeFile(path.join(access.directory, 'no-token'), canary('no-token'))
    for (const [name, key] of Object.entries(KEYS)) await access.putSecret(name, key)
    await access.putSecret('client-key', { ...clientKey })
    for (const [name, data] of Object.entries(wrongCredentials(KEYS.plain.id, clientKey.file))) {
      await access.putSecret(name, data)
    }
    await access.putSecret('templates', TEMPLATES)
    await access.putSecret('taken', { password: canary('taken') })
    await this.#refuseSecret('refused')
    for (const [name, spec] of Object.entries(await leakStores(access, this.hostile.endpoint))) {
      await access.apply('SecretStore', name, spec)
    }
    for (const [name, { spec }] of Object.entries({ ...SYNCED_ROWS, ...FAILED_ROWS })) {
      await access.apply('ExternalSecret', name, spec)
    }
    await access.putSecret('pushed', PUSHED)
    for (const [name, { spec }] of Object.entries(PUSH_ROWS)) await access.apply('PushSecret', name, spec)
    for (const name of Object.keys(ANSWERS)) {
      const data = [{ key: name, name: 'password', secretStoreRef: { name: 'hostile' } }]
      await access.apply('ExternalSecret', `hostile-${name}`, { data })
    }
  }

  /** Plants a line of the private key, which must not leave the process that opens it. */
  async #clientKey(): Promise<{ readonly file: string; readonly password: string }> {
    const { file, password } = await this.access.simulator.clientKey('KAAP.leak')
    const { PrivateKeyData: data } = JSON.parse(file) as { PrivateKeyData: string }
    const file12 = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(forge.util.decode64(data)), password)
    const { pkcs8ShroudedKeyBag = '' } = forge.pki.oids
    const [bag] = file12.getBags({ bagType: pkcs8ShroudedKeyBag })[pkcs8ShroudedKeyBag] ?? []
    if (!bag?.key) throw new Error('the client key has no private key')
    const pem = String(createPrivateKey(forge.pki.privateKeyToPem(bag.key)).export({ format: 'pem', type: 'pkcs8' }))
    plant('line of a private key', pem.split('\n')[10] ?? '')
    return { file, password }
  }

  /** The audit log without the denials of `#refuseSecret`, whose message the API server logs itself. */
  async auditLog(): Promise<string> {
    const text = await readFile(this.plane.auditLogPath ?? '', 'utf8')
    return text.replaceAll(/with binding 'repeats' denied request: the value \S+ is too weak/g, '')
  }

  /** Makes the API server deny a Secret with a message that repeats its value. */
  async #refuseSecret(name: string): Promise<void> {
    const { access } = this
    const kind = 'ValidatingAdmissionPolicy'
    const admission = (resource: string, object: object): Promise<unknown> =>
      access.cluster.request('POST', `/apis/admissionregistration.k8s.io/v1/${resource}`, object)
    const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['secrets'] }
    await admission('validatingadmissionpolicies', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind,
      metadata: { name: 'repeats' },
      spec: {
        matchConstraints: { resourceRules: [rule] },
        validations: [
          {
            expression: `object.metadata.name != '${name}'`,
            messageExpression: `'the value ' + object.data['password'] + ' is too weak'`,
          },
        ],
      },
    })
    await admission('validatingadmissionpolicybindings', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${kind}Binding`,
      metadata: { name: 'repeats' },
      spec: { policyName: 'repeats', validationActions: ['Deny'] },
    })
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { password: 'as it is' } }
    await until('the API server denies with the value in its message', async () => {
      const response = await access.cluster.request(
        'POST',
        `/api/v1/namespaces/${NAMESPACE}/secrets?dryRun=All`,
        secret,
      )
      return JSON.stringify(response).includes(`the value ${btoa('as it is')}`)
    })
  }

  #environment(): Readonly<Record<string, string>> {
    const { home } = this
    return {
      NODE_EXTRA_CA_CERTS: this.#file('ca.pem'),
      LEAKY_CREDENTIAL: this.#file('leaky'),
      TMPDIR: home,
      HOME: home,
    }
  }

  #file(name: string): string {
    return path.join(this.directory, name)
  }
}
