/** API group of the owners. */
export const GROUP = 'alibabacloud.com'

/** Field manager in `metadata.managedFields`. The client sends it with each write. */
export const FIELD_MANAGER = 'ack-secret-manager'

/** Label of every managed Secret, and selector of the watch. */
export const MANAGED_BY_LABEL = 'alibabacloud.com/managed-by'
/** Label of Secrets that the operator created. */
export const APP_MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by'
export const MANAGED_BY = 'ack-secret-manager'

/** Id of the digest key and one digest of all keys. */
export const CONTENT_DIGEST_ANNOTATION = 'alibabacloud.com/content-digest'
/** Source of each key. */
export const PROVENANCE_ANNOTATION = 'alibabacloud.com/provenance'
/** `namespace/name` of the owner of a retained Secret. */
export const OWNER_ANNOTATION = 'alibabacloud.com/owner'
/**
 * Annotation of a replacement: a second Secret that holds the new content while a Secret is recreated. It packs all fields but the
 * data, so that no selector by type, label or annotation matches the replacement.
 */
export const REPLACEMENT_ANNOTATION = 'alibabacloud.com/replacement'
/** Type of a replacement. */
export const REPLACEMENT_TYPE = 'alibabacloud.com/replacement'
/** Prefix of the names of replacements; no target may use it. */
export const REPLACEMENT_PREFIX = 'acksm-replacement-'
/** Set by users to adopt the Secret. */
export const ADOPT_ANNOTATION = 'alibabacloud.com/adopt'

/** Annotation of a workload: the last change of each resource that it was restarted for, as JSON. */
export const RESTARTED_FOR_ANNOTATION = 'alibabacloud.com/restarted-for'

/** Collection of Secrets. */
export const SECRETS_PATH = '/api/v1/secrets'

/** Selects the managed Secrets. */
export const SELECTOR = `${MANAGED_BY_LABEL}=${MANAGED_BY}`
