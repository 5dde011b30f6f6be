/**
 * Limits of the custom resources. They stand in the CRD schema, where they bound the cost of its CEL rules, and are
 * checked again when a resource is read. Sizes of strings are in characters.
 */
export const LIMITS = {
  /** Entries of `spec.data`. */
  dataEntries: 256,
  /** Entries of `spec.dataProcess`. */
  dataProcessEntries: 128,
  /** Entries of one `jmesPath`. */
  jmesPaths: 128,
  /** Rules of one `replaceRule`. */
  replaceRules: 32,
  /** A JMESPath expression. */
  expression: 1_024,
  /** Either side of a replace rule. */
  rule: 256,
  /** Name or ARN of a KMS secret. */
  kmsSecretName: 512,
  /** Version id or stage label of a KMS secret. */
  kmsVersion: 128,
  /** Key of a Secret, name of an object (Kubernetes). */
  kubernetesName: 253,
  /** Name of a namespace (Kubernetes). */
  namespace: 63,
  /** Host name, with or without a port. */
  endpoint: 260,
  region: 64,
  /** ARN of a RAM role or of an OIDC provider. */
  arn: 256,
  roleSessionName: 64,
  /** `roleSessionExpiration`. */
  minSessionSeconds: 900,
  /** `roleSessionExpiration`. */
  maxSessionSeconds: 43_200,
  filePath: 1_024,
  /** PEM certificates in base64. */
  certificates: 131_072,
  /** Entries of `audiences`. */
  audiences: 8,
  /** One audience. */
  audience: 256,
  /** Name of an npm package. */
  packageName: 214,
  /** Entries of `conditions` of a store. */
  storeConditions: 64,
  /** Namespaces, or regular expressions on them, in one entry. */
  namespaces: 256,
  /** Labels, or requirements on them, in one selector. */
  labels: 32,
  /** Values of one requirement. */
  labelValues: 64,
  labelKey: 317,
  labelValue: 63,
  /** Entries of `allow` of a store. */
  allowEntries: 128,
  /** Patterns of one entry of `allow`. */
  allowedSecrets: 128,
  duration: 64,
  /** Entries of `status.dataSyncResults` and of `status.secrets`. */
  statusEntries: 512,
  /** Message of a condition, reason of a sync result. */
  message: 32_768,
  /** `rotationInterval`, in milliseconds. */
  minIntervalMs: 1_000,
  /** `rotationInterval`, in milliseconds: 24 hours times 365. */
  maxIntervalMs: 8_760 * 3_600_000,
} as const
