/** Help of an argument that `parseResourceRef` reads. */
export const RESOURCE_HELP =
  'An ExternalSecret: NAME or NAMESPACE/NAME. Others: store/NAME, css/NAME (ClusterSecretStore), ces/NAME (ClusterExternalSecret).'

/** Also for PushSecrets. */
export const RESOURCE_OR_PUSH_HELP = `${RESOURCE_HELP.slice(0, -1)}, push/NAME (PushSecret).`
