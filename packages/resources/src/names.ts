/** API group of the custom resources, the same as ack-secret-manager's in Go. */
export const GROUP = 'alibabacloud.com'
/** Version of the API group. */
export const VERSION = 'v1alpha1'
export const API_VERSION = `${GROUP}/${VERSION}` as const

/** Category of all kinds of this API group: `kubectl get ack-secrets`. */
export const CATEGORY = 'ack-secrets'

/** Label on every Secret that the operator writes, and the selector of its watch. */
export const MANAGED_BY_LABEL = `${GROUP}/managed-by` as const
/** Value of {@link MANAGED_BY_LABEL}. */
export const MANAGED_BY_VALUE = 'ack-secret-manager'
/** On an ExternalSecret: the ClusterExternalSecret that created it, for `kubectl get -l`. */
export const CLUSTER_EXTERNAL_SECRET_LABEL = `${GROUP}/cluster-external-secret` as const
/** On the same: labels and annotations that the ClusterExternalSecret applied, so that they can be pruned. */
export const APPLIED_METADATA_ANNOTATION = `${GROUP}/applied-metadata` as const
/** On the same: namespace and name under which it was created. They differ in a copy that a user made. */
export const CREATED_AS_ANNOTATION = `${GROUP}/made-as` as const
/** Kubernetes' recommended label, only on Secrets that the operator created. Same value as {@link MANAGED_BY_LABEL}. */
export const APP_MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by'

/** On an ExternalSecret: a new value triggers a refresh. */
export const REFRESH_NOW_ANNOTATION = `${GROUP}/refresh-now` as const
/** On an ExternalSecret or an unowned Secret: `"true"` lets the operator adopt the Secret, once. */
export const ADOPT_ANNOTATION = `${GROUP}/adopt` as const
/** On a Secret: keyed digest of the content that the operator wrote. */
export const CONTENT_DIGEST_ANNOTATION = `${GROUP}/content-digest` as const
/** On a Secret: for each key, the KMS secret and version of its value. */
export const PROVENANCE_ANNOTATION = `${GROUP}/provenance` as const
/** Begins the origin of a generated key in {@link PROVENANCE_ANNOTATION}. No secret in KMS has a space in its name. */
export const GENERATED_PREFIX = 'generated '
/** On a Secret: `namespace/name` of the ExternalSecret that owns it. */
export const OWNER_ANNOTATION = `${GROUP}/owner` as const
/**
 * On a replacement, the Secret that holds the new content while another Secret is recreated. Packs all fields but the data, so that
 * no selector by type, label or annotation matches the replacement.
 */
export const REPLACEMENT_ANNOTATION = `${GROUP}/replacement` as const
export const REPLACEMENT_TYPE = `${GROUP}/replacement` as const
/** Prefix of the names of replacements; no target may use it. */
export const REPLACEMENT_PREFIX = 'acksm-replacement-'
/** Type of the Secret that holds the digest key; no target may have it. */
export const DIGEST_KEY_TYPE = `${GROUP}/digest-key` as const
/** Finalizer of a PushSecret whose KMS secrets are deleted with it. */
export const PUSH_FINALIZER = `${GROUP}/pushed-secrets` as const
/** On a workload: the last change of each ExternalSecret that it was restarted for, as JSON. */
export const RESTARTED_FOR_ANNOTATION = `${GROUP}/restarted-for` as const
/** On a ServiceAccount: ARN of the RAM role that its token is exchanged for. */
export const ROLE_ARN_ANNOTATION = 'ack.alibabacloud.com/role-arn'
/** On the Lease of a member: its `MemberRecord` as JSON. */
export const MEMBER_ANNOTATION = `${GROUP}/member` as const
/** On the Leases of members: name of the first one, so that members find each other. */
export const MEMBER_OF_LABEL = `${GROUP}/member-of` as const
