/** Help of an argument that `parseResourceRef` reads. */
export const RESOURCE_HELP =
  'An ExternalSecret: NAME or NAMESPACE/NAME. Others: store/NAME, css/NAME (ClusterSecretStore), ces/NAME (ClusterExternalSecret).'
