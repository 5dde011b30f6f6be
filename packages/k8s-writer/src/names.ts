/** API group of the resources that own what we write. */
export const GROUP = 'alibabacloud.com'

/** Whose writes are whose, in `metadata.managedFields`. The client sends it with each write. */
export const FIELD_MANAGER = 'ack-secret-manager'

/** On every Secret that we write, and the selector of the watch. */
export const MANAGED_BY_LABEL = 'alibabacloud.com/managed-by'
/** On those only that we created. */
export const APP_MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by'
export const MANAGED_BY = 'ack-secret-manager'

/** Id of the digest key and a digest of all keys together. */
export const CONTENT_DIGEST_ANNOTATION = 'alibabacloud.com/content-digest'
/** Where each key came from. */
export const PROVENANCE_ANNOTATION = 'alibabacloud.com/provenance'
/** `namespace/name` of the resource to which a retained Secret belongs. */
export const OWNER_ANNOTATION = 'alibabacloud.com/owner'
/**
 * On a replacement: a Secret of ours that holds what another one is to become, for as long as that one is made anew. All of that
 * but the data is in here, so that nobody who selects Secrets by type, label or annotation takes it for the one that it stands for.
 */
export const REPLACEMENT_ANNOTATION = 'alibabacloud.com/replacement'
/** Type of replacements. */
export const REPLACEMENT_TYPE = 'alibabacloud.com/replacement'
/** Their names begin with it, and no others'. */
export const REPLACEMENT_PREFIX = 'acksm-replacement-'
/** Set by people: take this Secret over. */
export const ADOPT_ANNOTATION = 'alibabacloud.com/adopt'

/** On a workload: for which change of which resource it was restarted last, as JSON. */
export const RESTARTED_FOR_ANNOTATION = 'alibabacloud.com/restarted-for'

/** Where Secrets live. */
export const SECRETS_PATH = '/api/v1/secrets'

/** Selects those that we manage. */
export const SELECTOR = `${MANAGED_BY_LABEL}=${MANAGED_BY}`
