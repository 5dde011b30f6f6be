import { NOTHING, type ReasonText } from './reason-texts.ts'

/** Reasons of the Ready condition of a PushSecret. A failure never changes what KMS holds. */
export const PUSH_SECRET_REASONS: Readonly<Record<string, ReasonText>> = {
  Synced: {
    means: 'Every KMS secret has the current value, or existed before and `IfNotExists` is set.',
    cure: NOTHING,
  },
  Degraded: {
    means: 'Entries failed for different reasons; `.status.secrets` has each.',
    cure: 'Correct each of these entries, by its reason.',
  },
  TargetConflict: {
    means: 'The KMS secret was not created by this PushSecret: it has no tag `acksm:owner`, or that of another owner.',
    cure: 'Choose another `key`. To hand the secret over, set its tag `acksm:owner` to the value in the message.',
  },
  LoopDetected: {
    means: 'An ExternalSecret writes the Secret from a KMS secret to which this PushSecret would push it.',
    cure: 'Choose another `key`, or push another Secret. See [push](../guides/push-a-secret.md#loops).',
  },
  StoreNotAllowed: {
    means: 'The store does not allow this namespace to write this secret. Without `allowPush` it allows no writes.',
    cure: 'Add the secret to `allowPush` of the [store](secretstore.md#spec), and to its `allow` if that is set.',
  },
  StoreNotFound: {
    means: 'The store does not exist in this namespace.',
    cure: 'Create it, or correct `secretStoreRef`.',
  },
  CrossNamespaceRefused: {
    means: 'The store is in another namespace.',
    cure: 'Use a ClusterSecretStore, or set `--enable-cross-namespace-secret-store`.',
  },
  SecretNotFound: {
    means: 'The Secret, or one of its keys, does not exist. Nothing is deleted in KMS because of that.',
    cure: 'Create it, or correct `selector` or `secretKey`.',
  },
  InvalidSpec: {
    means: 'A field is invalid, or KMS does not take what it gives: a name, a stage, a managed type.',
    cure: 'Correct the field that the message names.',
  },
  DuplicateKey: {
    means: 'Two entries of `data` give the name of one KMS secret. Neither is written.',
    cure: 'Give each entry a `key` of its own.',
  },
  TemplateError: {
    means: 'The template of a `key` or of a stage does not parse, fails, or has no text.',
    cure: 'Correct the template that the message names.',
  },
  NotADocument: {
    means: 'A value is not UTF-8 text, so it cannot be part of a JSON object.',
    cure: 'Push it alone with `secretKey`, or leave it out with `selector.keys`.',
  },
  NoData: { means: 'The value is empty; KMS takes no empty value.', cure: 'Set a value, or remove the entry.' },
  TooLarge: {
    means: 'The value exceeds 30,720 bytes, or former KMS secrets that are not deleted fill `.status.secrets`.',
    cure: 'Push the keys one by one with `secretKey`; or do what the message says.',
  },
  AuthenticationFailed: {
    means: 'The credential of the store is unknown, refused or expired, or cannot be read.',
    cure: 'Correct the store; its own Ready condition has the cause.',
  },
  AccessDenied: {
    means: 'The identity of the store may not make a call.',
    cure: 'Grant the action and resource in the message. See the [RAM policy](../guides/push-a-secret.md#ram-policy).',
  },
  Unavailable: {
    means: 'KMS is unreachable, slow or throttling.',
    cure: 'Check endpoint and network of the store. The operator retries, and each retry is safe.',
  },
  WriteFailed: {
    means:
      'KMS refused the write because another program changed the secret, or the API server refused a request. Or a webhook or policy changed or refused the finalizer or status, so that nothing is pushed.',
    cure: 'Wait for the retry; if it repeats, find the program that the audit trail of KMS names, or exclude PushSecrets from the webhook.',
  },
  DeletionFailed: {
    means: 'A KMS secret that is no longer pushed could not be scheduled for deletion.',
    cure: 'Grant `kms:DeleteSecret`, or create the former store again. Or leave the secret in KMS: set `deletionPolicy: None`, and `Delete` again once the PushSecret is Ready.',
  },
  InternalError: {
    means: 'An unexpected error; this is a defect.',
    cure: 'Report it with the operator’s log of that time.',
  },
}
