/**
 * What the server keeps of the cluster, each kind on its own. What only the page of one object shows ({@link DetailKind}) is read while it
 * is open, and has its states there.
 */
export type ReadKind =
  | 'ExternalSecret'
  | 'SecretStore'
  | 'ClusterSecretStore'
  | 'ClusterExternalSecret'
  /** Of a cluster that has it; most users may not list it while the operator does not process it. */
  | 'PushSecret'
  | 'Deployment'
  | 'StatefulSet'
  | 'DaemonSet'
  | 'CronJob'
  | 'OperatorDeployment'
  | 'OperatorPod'
  | 'Lease'
  /** Of the operator; it confirms which namespace is the operator's. */
  | 'ClusterRoleBinding'

/** What is read while the page of one object is open. */
export type DetailKind = 'Event' | 'Secret' | 'Job' | 'Pod' | 'Ingress' | 'ServiceAccount'

/**
 * How one kind is read:
 * `loading`: the first list is under way · `live`: watched · `polling`: listed at intervals, because the user may not watch it ·
 * `forbidden`: the user may not list it · `absent`: the cluster does not have the kind · `disconnected`: the last list or watch failed,
 * and what is shown is as old as `since`.
 */
export type ReadState = 'loading' | 'live' | 'polling' | 'forbidden' | 'absent' | 'disconnected'

/** How one kind is read, for the page that lists what is missing. */
export interface AccessView {
  readonly kind: ReadKind
  readonly state: ReadState
  /** Objects that are held. */
  readonly count: number
  /** When `state` began; RFC 3339. */
  readonly since: string
  /** Text of the API server for `forbidden` and `disconnected`; empty otherwise. */
  readonly message: string
  /** What to run to see more: `acksm ui -n NAMESPACE`, or with `--operator-namespace`; empty if nothing helps. */
  readonly hint: string
}

/**
 * The connection of the server to the API server, from all kinds together:
 * `loading` · `live` · `disconnected`: no answer since `since` · `unauthenticated`: the credential of the kubeconfig is refused (401) ·
 * `no-crds`: the cluster does not have the CRDs · `forbidden`: the user may not even list ExternalSecrets.
 * All but `live` and `loading` replace the content of the overview by a page that says what to do.
 */
export interface ClusterView {
  readonly state: 'loading' | 'live' | 'disconnected' | 'unauthenticated' | 'no-crds' | 'forbidden'
  readonly since: string
  /** The end of a sentence; without a value, a token or a query. */
  readonly message: string
  /** A command that helps; empty if there is none. */
  readonly hint: string
}
