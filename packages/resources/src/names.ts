/** API group of the custom resources, the same as ack-secret-manager's in Go. */
export const GROUP = 'alibabacloud.com'
/** Version of the API group. */
export const VERSION = 'v1alpha1'
/** What stands in `apiVersion`. */
export const API_VERSION = `${GROUP}/${VERSION}` as const

/** Category of all our kinds: `kubectl get ack-secrets`. */
export const CATEGORY = 'ack-secrets'
/** Name under which we write to the API server. */
export const FIELD_MANAGER = 'ack-secret-manager'

/** Label on every Secret that we write, and the selector of our watch. */
export const MANAGED_BY_LABEL = `${GROUP}/managed-by` as const
/** Value of {@link MANAGED_BY_LABEL}. */
export const MANAGED_BY_VALUE = 'ack-secret-manager'
/** On an ExternalSecret: the ClusterExternalSecret that made it, for people to select by. */
export const CLUSTER_EXTERNAL_SECRET_LABEL = `${GROUP}/cluster-external-secret` as const
/** On the same: which labels and annotations it put there, so that they go when they are asked for no more. */
export const APPLIED_METADATA_ANNOTATION = `${GROUP}/applied-metadata` as const
/** On the same: namespace and name that it was made as, which tells it from a copy that somebody made of it. */
export const CREATED_AS_ANNOTATION = `${GROUP}/made-as` as const
/** Kubernetes' own label, only on Secrets that we created; same value as {@link MANAGED_BY_LABEL}. */
export const APP_MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by'

/** On an ExternalSecret: any new value refreshes it at once. */
export const REFRESH_NOW_ANNOTATION = `${GROUP}/refresh-now` as const
/** On an ExternalSecret or on an unowned Secret: `"true"` lets us take the Secret over, once. */
export const ADOPT_ANNOTATION = `${GROUP}/adopt` as const
/** On a Secret: keyed digest of what we wrote. */
export const CONTENT_DIGEST_ANNOTATION = `${GROUP}/content-digest` as const
/** On a Secret: per key, the KMS secret and version that it came from. */
export const PROVENANCE_ANNOTATION = `${GROUP}/provenance` as const
/** On a Secret: `namespace/name` of the ExternalSecret that it belongs to. */
export const OWNER_ANNOTATION = `${GROUP}/owner` as const
/** On a ServiceAccount: ARN of the RAM role that it stands for. */
export const ROLE_ARN_ANNOTATION = 'ack.alibabacloud.com/role-arn'
