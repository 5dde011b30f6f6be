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
/** Set by people: take this Secret over. */
export const ADOPT_ANNOTATION = 'alibabacloud.com/adopt'

/** Where Secrets live. */
export const SECRETS_PATH = '/api/v1/secrets'

/** Selects those that we manage. */
export const SELECTOR = `${MANAGED_BY_LABEL}=${MANAGED_BY}`
