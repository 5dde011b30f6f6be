import type { Sensitive } from '@ack-secret-manager/core'

/** TLS settings of a connection. A change requires a new connection. */
export interface TlsMaterial {
  readonly ca?: Buffer
  readonly cert?: Sensitive<Buffer | string>
  readonly key?: Sensitive<Buffer | string>
  readonly servername?: string
  /** False only if the kubeconfig sets `insecure-skip-tls-verify`. */
  readonly rejectUnauthorized?: boolean
}

/** Address and credentials of one API server at one moment. */
export interface KubeCredentials {
  /** Base URL without a trailing slash: `https://10.0.0.1:6443`. */
  readonly server: string
  readonly tls: TlsMaterial
  /** `authorization` and impersonation headers. */
  readonly headers: Sensitive<Readonly<Record<string, string>>>
  /** Proxy of the kubeconfig's cluster entry. */
  readonly proxyUrl?: string
}

export interface KubeCredentialSource {
  /** For messages: `kubeconfig /path, context dev`. */
  readonly description: string
  /** Name of the context; absent in a pod. */
  readonly context?: string
  /** Base URL of the API server when the source was opened; absent if it is not known before the first load. */
  readonly server?: string
  /** Namespace of the context or of the pod. */
  readonly namespace: string | undefined
  /**
   * Loads the current credentials.
   * @param options.fresh the API server rejected the last credentials: read files and run commands again
   * @throws SecretSyncError `Unauthenticated` | `InvalidSpec`
   */
  load(options: { signal: AbortSignal; fresh: boolean }): Promise<KubeCredentials>
}
