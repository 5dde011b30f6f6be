import { stringify } from 'yaml'
import type { KeyAndCertificate } from './certificates.ts'

/** Credential of a user. */
type Identity = { readonly token: string } | KeyAndCertificate

export interface KubeconfigInput {
  /** e.g. `https://127.0.0.1:6443` */
  readonly url: string
  readonly caPem: string
  readonly user: string
  readonly identity: Identity
  /** Namespace of the context. @default none */
  readonly namespace?: string
}

/** A self-contained kubeconfig with one cluster and one user. */
export function kubeconfigOf({ url, caPem, user, identity, namespace }: KubeconfigInput): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const credentials =
    'token' in identity
      ? { token: identity.token }
      : {
          'client-certificate-data': base64(identity.certificatePem),
          'client-key-data': base64(identity.keyPem),
        }
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'control-plane', cluster: { server: url, 'certificate-authority-data': base64(caPem) } }],
    users: [{ name: user, user: credentials }],
    contexts: [{ name: 'control-plane', context: { cluster: 'control-plane', user, ...(namespace && { namespace }) } }],
    'current-context': 'control-plane',
  })
}
