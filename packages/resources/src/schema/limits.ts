import { TEXT_LIMITS } from '@ack-secret-manager/core'

/**
 * Limits of the custom resources. The CRD schema has them too, because they bound the cost of its CEL rules.
 * Sizes of strings are in characters.
 */
export const LIMITS = {
  /** Entries of `spec.data`. */
  dataEntries: 256,
  /** Entries of `spec.dataProcess`. */
  dataProcessEntries: 128,
  /** Entries of `spec.dataFrom`. */
  dataFromEntries: 8,
  /** `maxSecrets` of a `find`. */
  foundSecrets: 500,
  /** Entries of `tags` of a `find`: as many as a KMS secret can have. */
  findTags: 20,
  /** Key and value of a tag (KMS). */
  tag: 256,
  /** Entries of one `jmesPath`. */
  jmesPaths: 128,
  /** Entries of all `jmesPath` in `spec.data`, and in `spec.dataProcess`: evaluating one takes up to 5 µs. */
  allJmesPaths: 4_096,
  /** Rules of one `replaceRule`. */
  replaceRules: 32,
  /** A JMESPath expression. */
  expression: 1_024,
  /** Either side of a replace rule. */
  rule: 256,
  /** Name or ARN of a KMS secret. */
  kmsSecretName: TEXT_LIMITS.secretName,
  /** Version id or stage label of a KMS secret. */
  kmsVersion: TEXT_LIMITS.version,
  /** Type of a KMS secret. */
  kmsSecretType: TEXT_LIMITS.secretType,
  /** Key of a Secret, name of an object (Kubernetes). */
  kubernetesName: 253,
  /** Name of a namespace (Kubernetes). */
  namespace: 63,
  /** Host name, with or without a port. */
  endpoint: 260,
  region: 64,
  /** ARN of a RAM role or of an OIDC provider. */
  arn: 256,
  roleName: 64,
  roleSessionName: 64,
  /** External id of a role (STS API reference, AssumeRole). */
  externalId: 1_224,
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
  /** Entries of `conditions` of a store or a ClusterExternalSecret, and of `namespaceSelectors`. */
  conditions: 64,
  /** Namespaces, or regular expressions on them, in one entry. */
  namespaces: 256,
  /** Of all regular expressions on namespaces of one resource, in characters as `regexCost` counts them. */
  namespaceRegexesCost: 4_096,
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
  /** Patterns of endpoints of one entry of `allow`. */
  allowedEndpoints: 32,
  /** `maxSecretsPerNamespace` of a store. */
  maxSecretsPerNamespace: 100_000,
  /** `maxReadsPerSecond` of a store. */
  maxReadsPerSecond: 10_000,
  /** Keys of `template.data`. */
  templateKeys: 256,
  /** A template for a key of the Secret. */
  template: 65_536,
  /** Entries of `templateFrom`. */
  templateFrom: 32,
  /** Entries of `items` of one of them. */
  templateItems: 64,
  templateLabels: 64,
  labelTemplate: 1_024,
  templateAnnotations: 64,
  annotationTemplate: 16_384,
  /** Labels, and annotations, of `externalSecretMetadata`. */
  metadataEntries: 64,
  /** One annotation of `externalSecretMetadata`. */
  annotation: 16_384,
  /** Entries of `status.provisionedNamespaces`, so that the object stays below etcd's limit of 1.5 MiB. */
  provisionedNamespaces: 5_000,
  /** Entries of `status.failedNamespaces`. */
  failedNamespaces: 512,
  /** `reason` of one of them. */
  failureReason: 512,
  /** Entries of `restart`. */
  restarts: 32,
  /** `cron` of a restart window: a list of all minutes takes 170 characters. */
  cron: 256,
  timeZone: 64,
  /** `duration` of a restart window, in milliseconds. */
  minWindowMs: 60_000,
  /** `duration` of a restart window, in milliseconds: a week. */
  maxWindowMs: 604_800_000,
  /** Entries of `data` of a PushSecret. */
  pushEntries: 64,
  /** `selector.keys` of a PushSecret. */
  pushKeys: 256,
  /** Entries of `versionStages`; KMS takes 8 stages, of which two are its own. */
  pushStages: 4,
  /** Entries of `status.secrets` of a PushSecret: of its spec, and of earlier ones whose deletion is due. */
  pushedSecrets: 256,
  /** `recoveryWindowInDays` (Alibaba Cloud KMS API reference, DeleteSecret). */
  minRecoveryDays: 7,
  maxRecoveryDays: 30,
  /** `refreshInterval` of a PushSecret, in milliseconds: each comparison costs two calls per KMS secret. */
  minPushIntervalMs: 60_000,
  duration: 64,
  /** `instances` of a generated token, `registries` of one instance. */
  registryInstances: 16,
  registryInstanceId: 64,
  registryHosts: 8,
  /** `instances` and `roles` of an entry of `allowTokens`. */
  allowedTokens: 64,
  /** Entries of `generate`. */
  generateEntries: 32,
  minPasswordLength: 8,
  maxPasswordLength: 512,
  passwordClasses: 4,
  /** Printable ASCII characters without the space. */
  passwordAlphabet: 94,
  /** `rotationInterval` of a generated value, in milliseconds: each rotation restarts workloads. */
  minRenewalMs: 3_600_000,
  /** `rotationInterval` of a generated value, in milliseconds: ten years. */
  maxRenewalMs: 87_600 * 3_600_000,
  /** Entries of `status.dataSyncResults` and of `status.secrets`. */
  statusEntries: 512,
  /** `status.lastHandledRefresh`. A longer value of the annotation is cut off. */
  refreshRequest: 256,
  /** Message of a condition, reason of a sync result. */
  message: 32_768,
  /** `rotationInterval`, in milliseconds. */
  minIntervalMs: 1_000,
  /** `rotationInterval`, in milliseconds: 24 hours times 365. */
  maxIntervalMs: 8_760 * 3_600_000,
} as const
