/** Plain JSON, the default of the API server. */
export const JSON_TYPE = 'application/json'

/** JSON merge patch, RFC 7386. */
export const MERGE_PATCH_TYPE = 'application/merge-patch+json'

/** Requests only the metadata of an object. Kubernetes API reference, "Metadata-only fetches". */
export const ACCEPT_METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

/** Requests only the metadata of the objects of a list. */
export const ACCEPT_METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
