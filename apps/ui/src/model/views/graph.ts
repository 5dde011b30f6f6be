/** A kind of Kubernetes, or `Identity`, `KMSSecret`. */
export interface GraphNode {
  /** Unique in the graph. */
  readonly id: string
  readonly kind: string
  /** Empty for cluster-scoped objects and for those outside the cluster. */
  readonly namespace: string
  readonly name: string
  /** `unknown`: not visible, or without a state. */
  readonly state: 'ok' | 'warning' | 'error' | 'unknown'
  /** Version, keys, reason and the like; may be empty. */
  readonly detail: string
  /** Column from the left: workloads 4, Secret 3, ExternalSecret 2, store 1, identity and KMS secrets 0, a ClusterExternalSecret 2 as well. */
  readonly column: number
}

/** Resource → store → identity → KMS secret, and resource → Secret → workloads. Edges go in the direction of the value: from KMS to Pods. */
export interface GraphView {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly { readonly from: string; readonly to: string; readonly label: string }[]
  /** Nodes that are left out: at most 100 workloads and 100 KMS secrets are shown. */
  readonly more: number
}
