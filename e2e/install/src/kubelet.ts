import { chmod, chown, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ControlPlane, kubeconfigOf } from '@ack-secret-manager/control-plane'
import { OperatorProcess, Program, requestToken, type ServiceAccountName } from '@ack-secret-manager/testenv'
import type { PodRun, PodSecurity } from './pod-run.ts'
import { assembleImage, type ImageSpec, readDockerfile } from './image-tree.ts'
import { type PodTokens, ProjectedToken } from './projected-token.ts'
import { makeReadable } from './readable.ts'

interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } }
}

type PodSpec = PodTokens &
  PodSecurity & {
    readonly serviceAccountName: string
    readonly containers: readonly [{ readonly args?: readonly string[]; readonly env?: readonly EnvVar[] }]
  }

interface Deployment {
  readonly spec: { readonly template: { readonly spec: PodSpec } }
}

/** Options for the start of a pod. */
interface StartedPod {
  readonly spec: PodSpec
  readonly account: ServiceAccountName
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** File with the CA that the machine's environment trusts. */
  readonly ca: string
}

/** Address of the API server for pods. */
export interface ApiServer {
  readonly url: string
  readonly caPem: string
}

/** Runs pods in containers. */
export interface PodRuntime {
  run(pod: PodRun): Promise<Program>
}

/** Directory of the ServiceAccount in a pod. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
/** Runs a program as another user, without a shell. */
const AS_USER = fileURLToPath(new URL('./as-user.mjs', import.meta.url))

/**
 * Replaces the kubelet in these tests: it starts the pod of a Deployment from the files of the image,
 * as the image's user, with a token of its ServiceAccount.
 */
export class Kubelet implements AsyncDisposable {
  /** Token of the last started pod, if it mounts one. */
  token: ProjectedToken | undefined
  readonly #plane: ControlPlane
  readonly #server: ApiServer
  readonly #image: ImageSpec
  readonly #directory: string
  readonly #runtime: PodRuntime | undefined
  readonly #running = new Set<OperatorProcess>()

  private constructor(
    { plane, server, runtime }: { plane: ControlPlane; server: ApiServer; runtime: PodRuntime | undefined },
    image: ImageSpec,
    directory: string,
  ) {
    this.#plane = plane
    this.#server = server
    this.#runtime = runtime
    this.#image = image
    this.#directory = directory
  }

  /**
   * @param server address of the API server for the pods @param runtime runs the pods. @default processes of this machine's Node
   */
  static async open(plane: ControlPlane, server: ApiServer = plane, runtime?: PodRuntime): Promise<Kubelet> {
    const directory = await mkdtemp(path.join(tmpdir(), 'acksm-kubelet-'))
    await chmod(directory, 0o755)
    // The checkout may be in a directory that only its owner can enter.
    await copyFile(process.execPath, path.join(directory, 'node'))
    await chmod(path.join(directory, 'node'), 0o755)
    const image = await readDockerfile()
    await assembleImage(image, path.join(directory, 'root'))
    return new Kubelet({ plane, server, runtime }, image, directory)
  }

  /**
   * Starts one pod of a Deployment and resolves when it serves its probes. @param surroundings environment of the machine: endpoints of
   * Alibaba Cloud, and the trusted CAs in `NODE_EXTRA_CA_CERTS`
   */
  async start(
    namespace: string,
    name: string,
    surroundings: Readonly<Record<string, string>>,
  ): Promise<OperatorProcess> {
    // The image's user can read only this directory.
    const ca = path.join(this.#directory, 'ca.pem')
    await copyFile(surroundings['NODE_EXTRA_CA_CERTS'] ?? '', ca)
    await chmod(ca, 0o644)
    const where = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`
    const { body } = await this.#plane.request<Deployment>('GET', where)
    const { spec } = body.spec.template
    const [{ args = [], env = [] }] = spec.containers
    const account = { namespace, name: spec.serviceAccountName }
    this.token = await ProjectedToken.mount(spec, { account, plane: this.#plane, directory: this.#directory })
    const pod: StartedPod = {
      spec,
      account,
      args,
      ca,
      env: {
        ...surroundings,
        NODE_EXTRA_CA_CERTS: ca,
        ...(await this.#resolve(namespace, env)),
        // Real pods have separate addresses; here they share the ports.
        ACKSM_METRICS_BIND_ADDRESS: '127.0.0.1:0',
        ACKSM_HEALTH_PROBE_BIND_ADDRESS: '127.0.0.1:0',
      },
    }
    const program = await (this.#runtime ? this.#inContainer(this.#runtime, pod) : this.#asProcess(pod))
    const operator = await OperatorProcess.of(program)
    this.#running.add(operator)
    return operator
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((operator) => operator.stop()))
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #asProcess({ account, args, env }: StartedPod): Promise<Program> {
    const [node = '', ...words] = this.#image.entrypoint
    if (!node.endsWith('/node')) throw new Error(`the entrypoint of the image is ${node} and not Node`)
    const script = words.pop() ?? ''
    const at = (name: string): string => path.join(this.#directory, name)
    return Program.start({
      name: 'ack-secret-manager',
      script: AS_USER,
      args: [this.#image.user, at('node'), ...words, at(`root${script}`), ...args],
      env: {
        ...this.#image.env,
        ...env,
        // Replaces the directory that the kubelet mounts into a pod.
        KUBECONFIG: await this.#kubeconfig(account),
        // Nothing can be mounted at the path of the pod's volume.
        ...(this.token && { ALIBABA_CLOUD_OIDC_TOKEN_FILE: this.token.file }),
      },
    })
  }

  async #inContainer(runtime: PodRuntime, { spec, account, args, env, ca }: StartedPod): Promise<Program> {
    const { hostname, port } = new URL(this.#server.url)
    const { token } = this
    return runtime.run({
      pod: spec,
      command: { args },
      env: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, ...env },
      mounts: {
        [ca]: ca,
        [SERVICE_ACCOUNT]: await this.#serviceAccount(account),
        ...(token && { [path.dirname(token.pathInPod)]: path.dirname(token.file) }),
      },
    })
  }

  /** @returns a directory with the ServiceAccount files of a pod */
  async #serviceAccount(account: ServiceAccountName): Promise<string> {
    const directory = path.join(this.#directory, `serviceaccount-${account.namespace}-${account.name}`)
    await mkdir(directory, { recursive: true })
    const token = await requestToken(this.#plane.request, account)
    for (const [name, text] of Object.entries({ token, 'ca.crt': this.#server.caPem, namespace: account.namespace })) {
      await writeFile(path.join(directory, name), text)
    }
    await makeReadable(directory)
    return directory
  }

  async #resolve(namespace: string, env: readonly EnvVar[]): Promise<Record<string, string>> {
    const resolved: Record<string, string> = {}
    for (const { name, value, valueFrom } of env) {
      if (valueFrom === undefined) {
        resolved[name] = value ?? ''
        continue
      }
      const { name: secret, key } = valueFrom.secretKeyRef
      const where = `/api/v1/namespaces/${namespace}/secrets/${secret}`
      const { body } = await this.#plane.request<{ data?: Record<string, string> }>('GET', where)
      const found = body.data?.[key]
      if (found === undefined)
        throw new Error(`CreateContainerConfigError: Secret ${namespace}/${secret} has no ${key}`)
      resolved[name] = Buffer.from(found, 'base64').toString()
    }
    return resolved
  }

  async #kubeconfig(account: ServiceAccountName): Promise<string> {
    const identity = { token: await requestToken(this.#plane.request, account) }
    const { namespace } = account
    const file = path.join(this.#directory, `kubeconfig-${namespace}-${account.name}`)
    const kubeconfig = kubeconfigOf({ ...this.#server, user: account.name, identity, namespace })
    await writeFile(file, kubeconfig, { mode: 0o600 })
    const [uid, gid] = this.#image.user.split(':').map(Number)
    if (process.getuid?.() === 0) await chown(file, uid ?? 0, gid ?? 0)
    return file
  }
}
