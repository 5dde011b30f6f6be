import type { ReadyReason } from '@ack-secret-manager/core'
import { ADOPT_ANNOTATION } from '../names.ts'

/** Documentation of a condition reason. Markdown; links are relative to `docs/reference`. */
export interface ReasonText {
  readonly means: string
  readonly cure: string
}

/** Documentation of a reason with its effect on the Secret. */
export interface SecretReasonText extends ReasonText {
  readonly secret: string
}

const KEPT = 'keeps its last values'
/** Cure of a reason that needs none. */
export const NOTHING = '–'
const GUIDE = 'The [guide](../README.md#guides) of the authentication method lists its messages.'
const UNREACHABLE_CURE =
  'Check endpoint, VPC, DNS, security group and certificate; `--kms-qps` if KMS throttles. For a rate limit, increase `maxReadsPerSecond` or `--kms-qps`.'

/** Reasons of the Ready condition of an ExternalSecret. */
export const EXTERNAL_SECRET_REASONS: Readonly<Record<ReadyReason, SecretReasonText>> = {
  Synced: { means: 'All keys are up to date.', cure: NOTHING, secret: 'has the current values' },
  Suspended: {
    means: '`spec.suspend` is true: the operator neither reads nor writes.',
    cure: 'Remove `suspend`.',
    secret: 'stays unchanged, including edits; only a new `deletionPolicy` takes effect',
  },
  Degraded: {
    means: 'Some sources cannot be read. The message names each with its reason.',
    cure: 'Correct each of these sources, by its own reason.',
    secret:
      'has current values of readable sources and last values of the others (`onKeyFailure: Block`: last values of all); is created only once all sources can be read',
  },
  Stale: {
    means: 'KMS is unavailable, and the values are older than three refresh intervals.',
    cure: UNREACHABLE_CURE,
    secret: KEPT,
  },
  SecretNotFound: {
    means: 'The secret, version or stage does not exist in KMS, or the secret is scheduled for deletion.',
    cure: 'Check `key`, `versionId` and `versionStage`, and the region and account of the store. `optional: true` omits the key instead.',
    secret:
      'keeps its last values; with `--cleanup-secret-on-failure` it is deleted and recreated with [its KMS secrets](../guides/deleted-secrets.md)',
  },
  AuthenticationFailed: {
    means: 'The credential is unknown, refused, expired or incomplete, or cannot be read.',
    cure: `Correct the field, Secret, key, role or file that the message names. ${GUIDE}`,
    secret: KEPT,
  },
  AccessDenied: {
    means: 'The identity may not read this secret.',
    cure: 'Grant the identity in the message `kms:GetSecretValue` on the secret and `kms:Decrypt` on its key.',
    secret: KEPT,
  },
  Unavailable: {
    means:
      'KMS is unreachable, slow or throttling, or its responses are invalid, and no earlier value exists. Or reads have waited for a rate limit for two minutes.',
    cure: UNREACHABLE_CURE,
    secret: 'is not created yet, or keeps its last values',
  },
  StoreNotFound: {
    means: 'The store does not exist in this namespace.',
    cure: 'Create it, or correct `secretStoreRef`.',
    secret: KEPT,
  },
  StoreNotAllowed: {
    means: 'The store does not admit this namespace, or does not allow it to read this secret or to have this token.',
    cure: 'Admit the namespace in `conditions` of the [store](secretstore.md#spec), the secret in its `allow`, or the token in its `allowTokens`.',
    secret: KEPT,
  },
  CrossNamespaceRefused: {
    means: 'A reference names a store or credential of another namespace.',
    cure: 'Move it, use a ClusterSecretStore, or enable the operator flag in the message.',
    secret: KEPT,
  },
  InvalidSpec: {
    means:
      'A field is invalid in a way that the CRD schema cannot check: an expression, a rule, two entries that produce the same key, or a malformed secret name or version.',
    cure: 'Correct the field that the message names, or the name that KMS rejects.',
    secret: KEPT,
  },
  PathNotFound: {
    means: 'A `jmesPath` matches nothing in the document, or one of its functions gets an argument of the wrong type.',
    cure: 'Correct the path; an explicit `null` is no match. `optional: true` omits the key instead.',
    secret: 'keeps the last values of all keys of that KMS secret, which change together',
  },
  NotADocument: {
    means: '`jmesPath` or `extract` is used on a value that is not a JSON or YAML mapping, or not UTF-8.',
    cure: 'Copy the whole value, or correct it in KMS; the message has line and column. See [values](values.md#documents).',
    secret: KEPT,
  },
  InvalidKey: {
    means: 'A document member, a renamed key or a key from a template is not a valid Secret key.',
    cure: 'Rename it with `objectAlias` or `replaceRule`; for a template, the message names the line. See [keys](values.md#keys).',
    secret: KEPT,
  },
  DuplicateKey: {
    means:
      'Two members, renamed members or found secrets produce the same key. For two entries of the spec see [`InvalidSpec`](#invalidspec).',
    cure: 'Rename one of them; the message names both.',
    secret: KEPT,
  },
  InvalidForType: {
    means:
      'A key that the type of the Secret requires is missing or invalid, or the Secret of another owner has another type.',
    cure: 'Add the key in the message, or change `type`.',
    secret: KEPT,
  },
  TemplateError: {
    means:
      'A template does not parse, fails, exceeds a limit or would print `<no value>`; or its ConfigMap, Secret or key is missing.',
    cure: 'Correct the template and line, or the ConfigMap and key, that the message names. See [templates](../guides/templates.md).',
    secret: KEPT,
  },
  TooLarge: {
    means:
      'The Secret would exceed 1 MiB, a find matches too many secrets, or a document, path or rule exceeds one of the [limits](values.md#limits).',
    cure: 'Select the parts that you need with `jmesPath`; narrow the find, or simplify the expression, in the message.',
    secret: KEPT,
  },
  NoData: {
    means: 'No keys to write: all entries are optional and missing, or all documents are empty.',
    cure: 'Check the names, or delete the ExternalSecret.',
    secret: KEPT,
  },
  TargetConflict: {
    means:
      'The Secret already exists and is not managed by this ExternalSecret, or another owner has one of its keys. Or another client keeps removing a generated key.',
    cure: `Delete it, change \`target.name\`, or adopt it: \`creationPolicy: Adopt\`, or the annotation \`${ADOPT_ANNOTATION}: "true"\`.`,
    secret: 'stays unchanged',
  },
  WriteFailed: {
    means:
      'The API server, a webhook, a policy or a quota denied or changed the write, or it has failed for two minutes. A 403 within 30 seconds of an API server outage counts as part of the outage.',
    cure: 'Grant the permission that the message names, or change the webhook, policy or quota that it names.',
    secret: 'stays as stored in the API server',
  },
  InternalError: {
    means: 'An unexpected error; this is a defect.',
    cure: 'Report it with the operator’s log of that time.',
    secret: KEPT,
  },
}

/** Reasons of the Ready condition of a store. It can also have other reasons that concern its identity. */
export const STORE_REASONS: Readonly<Record<string, ReasonText>> = {
  Ready: {
    means:
      'The message names the endpoint and identity; `.status.identity` has ARN and account. No secret has been read yet, so KMS may still deny access to one.',
    cure: NOTHING,
  },
  AuthenticationFailed: {
    means: 'No credential is available. The operator never falls back to another identity.',
    cure: `Correct the field that the message names. ${GUIDE}`,
  },
  InvalidSpec: {
    means:
      'A field is invalid: endpoint not allowed, token file outside the allowed directories, or not a CA certificate.',
    cure: 'Correct the field that the message names.',
  },
  CrossNamespaceRefused: {
    means: 'A reference names a credential or ServiceAccount of another namespace.',
    cure: 'Move it, use a ClusterSecretStore, or set `--enable-cross-namespace-auth-ref`.',
  },
  Unavailable: {
    means: 'STS, the metadata service or the KMS instance is unreachable, or its certificate is not trusted.',
    cure: 'Check network, DNS, `--sts-endpoint` and `ca`. The operator retries, and reads resume on success.',
  },
}

export const STORE_REACHABLE_REASONS: Readonly<Record<string, ReasonText>> = {
  Connected: {
    means: 'True: the endpoint responds to reads. A denied read is a response too.',
    cure: NOTHING,
  },
  Unavailable: {
    means:
      'False: the store’s own endpoint does not respond, or STS, which issues its credential. The message has the endpoint, the start of the outage, and the last response. Secrets keep their values.',
    cure: 'Check endpoint, VPC, DNS, security group and certificate. A probe every 1 to 30 s detects recovery, and all values are refreshed then.',
  },
}

/** Reasons of the Ready condition of a ClusterExternalSecret. */
export const CLUSTER_EXTERNAL_SECRET_REASONS: Readonly<Record<string, ReasonText>> = {
  Provisioned: {
    means: 'Every selected namespace has the ExternalSecret. Check the ExternalSecret’s own Ready condition.',
    cure: NOTHING,
  },
  NoNamespace: {
    means: 'No namespace is selected.',
    cure: 'Check `namespaceSelectors` and `conditions`, and the labels of the namespaces.',
  },
  Progressing: { means: 'Some namespaces are pending; status Unknown.', cure: 'Wait.' },
  Degraded: {
    means: 'Some namespaces failed; `.status.failedNamespaces` has the reason of each.',
    cure: 'Correct each of these namespaces, by its reason. An existing ExternalSecret that it did not create is never adopted.',
  },
  InvalidSpec: { means: 'A field is invalid.', cure: 'Correct the field at the start of the message.' },
}

/** Reasons of events that are no reasons of conditions. A failure has an event with the reason of its condition. */
export const EVENT_REASONS: Readonly<Record<string, ReasonText>> = {
  Adopted: {
    means: 'An existing Secret is managed by this resource from now on, because `Adopt` is set.',
    cure: NOTHING,
  },
  DriftCorrected: {
    means:
      'Another client changed an object that the operator manages, and the operator restored it. The message names it.',
    cure: 'Change the ExternalSecret, the ClusterExternalSecret or the secret in KMS instead. If it repeats, find the client in `managedFields`.',
  },
  Pushed: {
    means: 'A PushSecret has written a KMS secret. The message has its name and version.',
    cure: NOTHING,
  },
  DeletionScheduled: {
    means: 'A PushSecret has scheduled the deletion of a KMS secret that it had created.',
    cure: 'To keep the secret, restore it within the recovery window: `acksm restore NAME`.',
  },
  LeftInKMS: {
    means:
      'A KMS secret that is no longer pushed is not deleted: its store or credential is gone, or writes elsewhere now, another owner has it, or the spec of the deleted PushSecret is invalid.',
    cure: 'Delete the secret in KMS if it is not needed: `acksm delete NAME`.',
  },
  SecretDeleted: {
    means:
      'The Secret was deleted, because KMS confirmed that none of its secrets exist and the operator runs with `--cleanup-secret-on-failure`.',
    cure: 'Create or restore the secrets in KMS; the Secret is recreated with them. See [deleted secrets](../guides/deleted-secrets.md).',
  },
  Restarted: {
    means: 'A workload of `spec.restart` was restarted, because its Secret changed.',
    cure: 'If the message says that the workload is paused or updates `OnDelete`, resume it or delete its Pods. See [restart](../guides/restart.md).',
  },
  RestartDelayed: {
    means:
      'A workload of `spec.restart` still uses the previous value, because `minInterval` has not passed or its `window` is closed. The message names the time.',
    cure: 'Wait until then. For the new value at once, run `kubectl rollout restart`.',
  },
  RestartHalted: {
    means:
      'A workload of `spec.restart` still uses the previous value, because its rollout has failed or does not finish.',
    cure: 'Find the cause with `kubectl rollout status` and `kubectl describe`, and repair or undo the rollout. The restart follows. See [restart](../guides/restart.md).',
  },
  RestartFailed: {
    means: 'A workload of `spec.restart` could not be restarted and still uses the previous value.',
    cure: 'Grant the permission, or correct the kind or name, that the message names. The operator retries. See [restart](../guides/restart.md).',
  },
}

/** Conditions that a working store has while something needs attention. */
export const STORE_WARNINGS: Readonly<Record<string, ReasonText>> = {
  ClientKeyExpiring: {
    means: 'The client key expires within 30 days. From then on, nothing is read through the store.',
    cure: 'Create a new client key in the access point, and put it into the Secret of the store.',
  },
  TLSVerificationDisabled: {
    means: '`ignoreSSL` is set: an attacker on the network path can read every secret.',
    cure: 'Remove `ignoreSSL`; set `ca` if the certificate has a CA of its own.',
  },
}
