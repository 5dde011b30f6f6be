/** One object of a tree. */
export interface TreeNode {
  /** A kind of Kubernetes, `KMSSecret` or `Identity`. */
  readonly kind: string
  /** Absent for cluster-scoped objects and for those outside the cluster. */
  readonly namespace?: string
  readonly name: string
  /** Whether it works; absent if that is unknown or has no meaning. */
  readonly ready?: boolean
  /** Version, keys, reason and the like. */
  readonly details?: string
  readonly children?: readonly TreeNode[]
}
