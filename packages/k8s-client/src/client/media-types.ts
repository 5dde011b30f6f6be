/** Plain JSON, what the API server answers unless asked otherwise. */
export const JSON_TYPE = 'application/json'

/** JSON merge patch, RFC 7386. */
export const MERGE_PATCH_TYPE = 'application/merge-patch+json'

/** Asks for the metadata of an object only. Kubernetes API reference, "Metadata-only fetches". */
export const ACCEPT_METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

/** Asks for the metadata of a list's objects only. */
export const ACCEPT_METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
