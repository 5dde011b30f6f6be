import type { Sensitive } from '@ack-secret-manager/core'

/** Material of a TLS connection: what a change of needs a new connection for. */
export interface TlsMaterial {
  readonly ca?: Buffer
  readonly cert?: Sensitive<Buffer | string>
  readonly key?: Sensitive<Buffer | string>
  readonly servername?: string
  /** False only where the kubeconfig says `insecure-skip-tls-verify`. */
  readonly rejectUnauthorized?: boolean
}

/** How to reach one API server as one user, at one moment. */
export interface KubeCredentials {
  /** Base URL without a trailing slash: `https://10.0.0.1:6443`. */
  readonly server: string
  readonly tls: TlsMaterial
  /** `authorization` and impersonation headers. */
  readonly headers: Sensitive<Readonly<Record<string, string>>>
  /** Proxy of the kubeconfig's cluster entry. */
  readonly proxyUrl?: string
}

/** Where the credentials come from. */
export interface KubeCredentialSource {
  /** For people: `kubeconfig /path, context dev`. */
  readonly description: string
  /** Namespace of the context or of the pod. */
  readonly namespace: string | undefined
  /**
   * The credentials as they are now.
   * @param options.fresh the API server refused what was given before: read files and run commands again
   * @throws SecretSyncError `Unauthenticated` | `InvalidSpec`
   */
  load(options: { signal: AbortSignal; fresh: boolean }): Promise<KubeCredentials>
}
