import { chmod, chown, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ControlPlane } from '@ack-secret-manager/control-plane'
import { OperatorProcess, Program } from '@ack-secret-manager/testbed'
import { stringify } from 'yaml'
import { assembleImage, type ImageSpec, readDockerfile } from './image-tree.ts'

interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } }
}

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly serviceAccountName: string
        readonly containers: readonly [{ readonly args?: readonly string[]; readonly env?: readonly EnvVar[] }]
      }
    }
  }
}

/** Runs a script as another user, without a shell. */
const AS_USER = fileURLToPath(new URL('./as-user.mjs', import.meta.url))

/**
 * Stands in for the kubelet, which these tests have none of: it starts what a Deployment says, from the files of the image,
 * as the image's user, with a token of its ServiceAccount.
 */
export class Kubelet implements AsyncDisposable {
  readonly #plane: ControlPlane
  readonly #image: ImageSpec
  readonly #directory: string
  readonly #running = new Set<OperatorProcess>()

  private constructor(plane: ControlPlane, image: ImageSpec, directory: string) {
    this.#plane = plane
    this.#image = image
    this.#directory = directory
  }

  static async open(plane: ControlPlane): Promise<Kubelet> {
    const directory = await mkdtemp(path.join(tmpdir(), 'acksm-kubelet-'))
    await chmod(directory, 0o755)
    const image = await readDockerfile()
    await assembleImage(image, path.join(directory, 'root'))
    return new Kubelet(plane, image, directory)
  }

  /**
   * Starts one pod of a Deployment and resolves when it serves its probes.
   * @param surroundings environment of the machine: where Alibaba Cloud is, and in `NODE_EXTRA_CA_CERTS` whom to trust
   */
  async start(
    namespace: string,
    name: string,
    surroundings: Readonly<Record<string, string>>,
  ): Promise<OperatorProcess> {
    // The image's user reads only what is here.
    const ca = path.join(this.#directory, 'ca.pem')
    await copyFile(surroundings['NODE_EXTRA_CA_CERTS'] ?? '', ca)
    await chmod(ca, 0o644)
    const where = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`
    const { body } = await this.#plane.request<Deployment>('GET', where)
    const { serviceAccountName, containers } = body.spec.template.spec
    const [{ args = [], env = [] }] = containers
    const [node = '', ...words] = this.#image.entrypoint
    if (!node.endsWith('/node')) throw new Error(`the entrypoint of the image is ${node} and not Node`)
    const script = words.pop() ?? ''
    const program = Program.start({
      name: 'ack-secret-manager',
      script: AS_USER,
      args: [this.#image.user, ...words, path.join(this.#directory, 'root', script), ...args],
      env: {
        ...surroundings,
        NODE_EXTRA_CA_CERTS: ca,
        ...this.#image.env,
        ...(await this.#resolve(namespace, env)),
        // In place of the directory that the kubelet mounts into a pod.
        KUBECONFIG: await this.#kubeconfig(namespace, serviceAccountName),
        // Pods have addresses of their own; here the ports are shared.
        ACKSM_METRICS_BIND_ADDRESS: '127.0.0.1:0',
        ACKSM_HEALTH_PROBE_BIND_ADDRESS: '127.0.0.1:0',
      },
    })
    const operator = await OperatorProcess.of(program)
    this.#running.add(operator)
    return operator
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((operator) => operator.stop()))
    await rm(this.#directory, { recursive: true, force: true })
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

  async #kubeconfig(namespace: string, account: string): Promise<string> {
    const { status, body } = await this.#plane.request<{ status: { token: string } }>(
      'POST',
      `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    )
    if (status !== 201) throw new Error(`token of ServiceAccount ${namespace}/${account}: HTTP ${status}`)
    const name = 'pod'
    const ca = Buffer.from(this.#plane.caPem).toString('base64')
    const file = path.join(this.#directory, `kubeconfig-${namespace}-${account}`)
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server: this.#plane.url, 'certificate-authority-data': ca } }],
      users: [{ name, user: { token: body.status.token } }],
      contexts: [{ name, context: { cluster: name, user: name, namespace } }],
      'current-context': name,
    }
    await writeFile(file, stringify(kubeconfig), { mode: 0o600 })
    const [uid, gid] = this.#image.user.split(':').map(Number)
    if (process.getuid?.() === 0) await chown(file, uid ?? 0, gid ?? 0)
    return file
  }
}
