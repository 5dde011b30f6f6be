import type { KubeClient } from '@ack-secret-manager/k8s-client'

/** The cluster that is checked. */
export interface KubeContext {
  readonly client: KubeClient
  /** Namespace of the resources; undefined for all, or for that of the context if the user may not list all. */
  readonly namespace: string | undefined
  /** Namespace of the operator; undefined: searched by its labels. */
  readonly operatorNamespace: string | undefined
  readonly scope: KubeScope
  readonly nowMs: () => number
}

/** Which namespaces the user may list. The check of permissions sets it before the checks that need it run. */
export interface KubeScope {
  /** Empty: all namespaces. */
  namespace: string
}

/** Id of the check that all others of a cluster need. */
export const API_SERVER = 'kube.api'
/** Id of the check of the user's permissions, which sets {@link KubeScope}. */
export const USER_ACCESS = 'kube.access'
/** Id of the check of the CRDs. */
export const CRDS = 'kube.crds'
