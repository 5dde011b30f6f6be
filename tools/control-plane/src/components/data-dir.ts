import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ControlPlaneKeys } from './certificates.ts'
import type { ControlPlaneFiles } from './component-args.ts'
import { kubeconfigOf } from './kubeconfig.ts'

/** A user in addition to the admin, with a bearer token. RBAC grants permissions to its name and groups. */
export interface ControlPlaneUser {
  readonly name: string
  readonly groups?: readonly string[]
  readonly token: string
}

/** Name of the user of the default kubeconfig, with a client certificate in group `system:masters`. */
export const ADMIN = 'admin'
export const CONTROLLER_MANAGER_USER = 'system:kube-controller-manager'

export interface DataDirInput {
  readonly keys: ControlPlaneKeys
  readonly url: string
  readonly users: readonly ControlPlaneUser[]
  /** Content of the audit log. */
  readonly auditPolicy: string
}

/** Creates an empty private directory for a control plane. */
export async function createDataDir(directory?: string): Promise<string> {
  if (directory === undefined) return mkdtemp(path.join(tmpdir(), 'acksm-control-plane-'))
  await mkdir(directory, { mode: 0o700 })
  return directory
}

/** Path of the kubeconfig of the admin of the control plane in `directory`. */
export function adminKubeconfigIn(directory: string): string {
  return path.join(directory, 'admin.kubeconfig')
}

/** Paths of the files of the control plane in `directory`. */
export function filesIn(directory: string): ControlPlaneFiles {
  const at = (name: string): string => path.join(directory, name)
  return {
    etcdData: at('etcd'),
    etcdSocket: at('etcd:1'),
    peerSocket: at('peer:1'),
    ca: at('ca.crt'),
    serverCertificate: at('server.crt'),
    serverKey: at('server.key'),
    serviceAccountKey: at('service-account.key'),
    serviceAccountPublicKey: at('service-account.pub'),
    tokens: at('tokens.csv'),
    controllerManagerKubeconfig: at('controller-manager.kubeconfig'),
    auditPolicy: at('audit-policy.yaml'),
    auditLog: at('audit.jsonl'),
  }
}

/**
 * Writes the input files of the programs, and a kubeconfig for each user. @returns path of the kubeconfig by user name
 */
export async function writeFiles(directory: string, input: DataDirInput): Promise<Map<string, string>> {
  const { keys, url, users, auditPolicy } = input
  const files = filesIn(directory)
  const write = (file: string, text: string): Promise<void> => writeFile(file, text, { mode: 0o600 })
  const kubeconfigs = new Map<string, string>()
  const writeKubeconfig = async (user: string, fileName: string, token?: string): Promise<void> => {
    const file = path.join(directory, fileName)
    await write(file, kubeconfigOf({ url, caPem: keys.caPem, user, identity: token ? { token } : keys.admin }))
    kubeconfigs.set(user, file)
  }
  await Promise.all([
    write(files.ca, keys.caPem),
    write(files.serverCertificate, keys.server.certificatePem),
    write(files.serverKey, keys.server.keyPem),
    write(files.serviceAccountKey, keys.serviceAccount.keyPem),
    write(files.serviceAccountPublicKey, keys.serviceAccount.publicKeyPem),
    write(files.tokens, tokenFile(users)),
    write(files.auditPolicy, auditPolicy),
    writeKubeconfig(ADMIN, path.basename(adminKubeconfigIn(directory))),
    ...users.map((user, index) => {
      const isManager = user.name === CONTROLLER_MANAGER_USER
      const fileName = isManager ? path.basename(files.controllerManagerKubeconfig) : `user-${index}.kubeconfig`
      return writeKubeconfig(user.name, fileName, user.token)
    }),
  ])
  return kubeconfigs
}

/** The CSV of `--token-auth-file`: token, user, uid, "group,group". */
export function tokenFile(users: readonly ControlPlaneUser[]): string {
  const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`
  const line = ({ token, name, groups = [] }: ControlPlaneUser): string =>
    [token, name, name, groups.join(',')].map(cell).join(',')
  return users.map((user) => `${line(user)}\n`).join('')
}
