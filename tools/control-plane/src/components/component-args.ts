import path from 'node:path'

/** Controllers that have an effect without nodes or a cloud. */
export const DEFAULT_CONTROLLERS: readonly string[] = [
  'garbage-collector-controller',
  'namespace-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'root-ca-certificate-publisher-controller',
  'clusterrole-aggregation-controller',
]

/** Absolute paths of the files of a control plane. */
export interface ControlPlaneFiles {
  readonly etcdData: string
  readonly etcdSocket: string
  readonly peerSocket: string
  readonly ca: string
  readonly serverCertificate: string
  readonly serverKey: string
  readonly serviceAccountKey: string
  readonly serviceAccountPublicKey: string
  readonly tokens: string
  readonly controllerManagerKubeconfig: string
  readonly auditPolicy: string
  readonly auditLog: string
}

/** Unix sockets have no port conflicts and are closed to other users. A power failure may lose data. */
export function etcdArgs(files: ControlPlaneFiles): string[] {
  // etcd requires host and port in its advertised URLs, although there are no other members.
  const advertised = 'http://127.0.0.1:2380'
  return [
    `--data-dir=${files.etcdData}`,
    '--unsafe-no-fsync',
    `--listen-client-urls=${unixUrl(files.etcdSocket)}`,
    `--listen-peer-urls=${unixUrl(files.peerSocket)}`,
    `--advertise-client-urls=${advertised}`,
    `--initial-advertise-peer-urls=${advertised}`,
    `--initial-cluster=default=${advertised}`,
    '--log-level=warn',
  ]
}

/** etcd 3.5 takes only sockets in its working directory, with names like a host and a port. */
function unixUrl(socket: string): string {
  return `unix://${path.basename(socket)}`
}

export interface ApiServerArgsOptions {
  readonly port: number
  readonly audit: boolean
  /** @default the socket of etcd */
  readonly etcdUrl?: string
  readonly extra: readonly string[]
}

export function apiServerArgs(files: ControlPlaneFiles, options: ApiServerArgsOptions): string[] {
  const audit = [
    `--audit-policy-file=${files.auditPolicy}`,
    `--audit-log-path=${files.auditLog}`,
    '--audit-log-mode=blocking', // A request is in the file before its response.
    '--audit-log-maxsize=10000', // Megabytes; large enough that the file is never rotated.
  ]
  return [
    // Only one, because kube-apiserver distributes its watches over all its etcd servers.
    `--etcd-servers=${options.etcdUrl ?? unixUrl(files.etcdSocket)}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${options.port}`,
    `--tls-cert-file=${files.serverCertificate}`,
    `--tls-private-key-file=${files.serverKey}`,
    `--client-ca-file=${files.ca}`,
    `--token-auth-file=${files.tokens}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--endpoint-reconciler-type=none', // There is no second server, and a loopback address is rejected as an endpoint.
    ...(options.audit ? audit : []),
    ...options.extra,
  ]
}

export function controllerManagerArgs(files: ControlPlaneFiles, controllers: readonly string[]): string[] {
  return [
    `--kubeconfig=${files.controllerManagerKubeconfig}`,
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    `--root-ca-file=${files.ca}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    '--secure-port=0',
    `--controllers=${controllers.join(',')}`,
  ]
}

/** Every request once, after its response (a watch at its start and end). */
export const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
`

/** Every request, and bodies of writes, without Secrets and tokens. */
export const BODIES_AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Metadata, verbs: [get, list, watch]}
- {level: Metadata, resources: [{resources: [secrets, serviceaccounts/token]}, {group: authentication.k8s.io}]}
- {level: Request}
`

/** Bodies of all requests and responses, without the content of Secrets and tokens. */
export const EVERYTHING_AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Metadata, resources: [{resources: [secrets, serviceaccounts/token]}, {group: authentication.k8s.io}]}
- {level: Metadata, nonResourceURLs: ['*']}
- {level: RequestResponse}
`
