import type { ReadyReason } from '@ack-secret-manager/core'

/** What people have to know of a reason. Markdown; links are those of `docs/reference`. */
export interface ReasonText {
  readonly means: string
  readonly cure: string
}

/** What a reason does to the Secret, in its own sentence. */
export interface SecretReasonText extends ReasonText {
  readonly secret: string
}

const KEPT = 'keeps its last values'
const NOTHING = '–'

/** Reasons of the Ready condition of an ExternalSecret. */
export const EXTERNAL_SECRET_REASONS: Readonly<Record<ReadyReason, SecretReasonText>> = {
  Synced: { means: 'All keys are up to date.', cure: NOTHING, secret: 'holds the values of the last change' },
  Suspended: {
    means: '`spec.suspend` is true: nothing is read and nothing is written.',
    cure: 'Take `suspend` away.',
    secret: 'is left as it is, edits included',
  },
  Degraded: {
    means: 'Some sources could be read and some could not; each is named with a reason of its own.',
    cure: 'See that reason.',
    secret:
      'has new values for what could be read and the last ones for the rest (`onKeyFailure: Block`: the last ones for all); is not created before all is there',
  },
  Stale: {
    means: 'KMS cannot be reached, and the values are older than three intervals.',
    cure: 'As for `Unavailable`.',
    secret: KEPT,
  },
  SecretNotFound: {
    means: 'KMS knows no such secret, version or stage, or the secret waits for its deletion.',
    cure: 'Check `key`, `versionId` and `versionStage`, and region and account of the store. `optional: true` leaves the key out instead.',
    secret:
      'keeps its last values; with `--cleanup-secret-on-failure` it goes with [its secrets](../guides/deleted-secrets.md) and comes back with them',
  },
  AuthenticationFailed: {
    means: 'The identity is unknown, refused, expired or incomplete, or a part of it cannot be read.',
    cure: 'The message names the field, Secret, key, role or file. The [guide](../README.md#guides) of the way in lists its messages.',
    secret: KEPT,
  },
  AccessDenied: {
    means: 'The identity may not read this secret.',
    cure: 'Give the identity that the message names `kms:GetSecretValue` on the secret and `kms:Decrypt` on its key.',
    secret: KEPT,
  },
  Unavailable: {
    means:
      'KMS cannot be reached, is too slow, throttles or answers nonsense, and there is no value yet that could be kept.',
    cure: 'Endpoint, VPC, DNS, security group, certificate; `--kms-qps` where it throttles.',
    secret: 'is not there yet, or keeps its last values',
  },
  StoreNotFound: {
    means: 'There is no such store, or not in this namespace.',
    cure: 'Create it, or correct `secretStoreRef`.',
    secret: KEPT,
  },
  StoreNotAllowed: {
    means: 'The store does not admit this namespace, or does not let it read this secret.',
    cure: 'See `conditions` and `allow` of the [store](secretstore.md#spec).',
    secret: KEPT,
  },
  CrossNamespaceRefused: {
    means: 'A store or credential of another namespace is named.',
    cure: 'Move it, use a ClusterSecretStore, or start the operator with the flag that the message names.',
    secret: KEPT,
  },
  InvalidSpec: {
    means:
      'A field is invalid in a way that the CRD schema cannot check: an expression, a rule, two entries with one key, or a secret name or version that KMS rejects as malformed.',
    cure: 'The message begins with the path of the field, or names the secret that KMS rejects.',
    secret: KEPT,
  },
  PathNotFound: {
    means: 'A `jmesPath` finds nothing in the document, or a function of it meets a type that it does not take.',
    cure: 'Correct the path; an explicit `null` counts as nothing. `optional: true` leaves the key out instead.',
    secret: 'keeps the last values of all keys of that secret: they move together',
  },
  NotADocument: {
    means: 'A `jmesPath` or `extract` on a value that is no JSON or YAML mapping, or not UTF-8.',
    cure: 'Copy the value whole, or correct it in KMS; the message tells line and column. See [values](values.md#documents).',
    secret: KEPT,
  },
  InvalidKey: {
    means: 'A member, an alias after its rules, or what a template gives cannot be a key of a Secret.',
    cure: 'Rename it with `objectAlias` or `replaceRule`; of a template the message names the line. See [keys](values.md#keys).',
    secret: KEPT,
  },
  DuplicateKey: {
    means: 'Two entries, members or renamed members give the same key.',
    cure: 'Rename one; the message names both.',
    secret: KEPT,
  },
  InvalidForType: {
    means:
      'The type of the Secret demands a key that is not there, or another content of it; or another owner’s Secret has another type.',
    cure: 'Give the key that the message names, or another `type`.',
    secret: KEPT,
  },
  TemplateError: {
    means:
      'A template does not parse, fails, takes too long, or would print `<no value>`; or what it is in is missing.',
    cure: 'The message names template and line, or ConfigMap and key. See [templates](../guides/templates.md).',
    secret: KEPT,
  },
  TooLarge: {
    means: 'The Secret would pass 1 MiB, or a document, path or rule passes one of the [limits](values.md#limits).',
    cure: 'Pick what you need with `jmesPath`; simplify the expression that the message names.',
    secret: KEPT,
  },
  NoData: {
    means: 'Nothing is left to write: all entries are optional and absent, or documents are empty.',
    cure: 'Check the names, or delete the ExternalSecret.',
    secret: KEPT,
  },
  TargetConflict: {
    means: 'A Secret of that name exists and is not ours, or another owner writes one of our keys into it.',
    cure: 'Delete it, choose another `target.name`, or take it over: `creationPolicy: Adopt`, or the annotation `alibabacloud.com/adopt: "true"`.',
    secret: 'is not touched',
  },
  WriteFailed: {
    means:
      'The API server refused the write, or a webhook, policy or quota did; or it has failed for two minutes and more while statuses could be written. A 403 within 30 seconds of an API server outage counts as part of the outage.',
    cure: 'The message names what is in the way: a right of the operator with verb and resource, or the webhook, policy or quota.',
    secret: 'is as the API server has it',
  },
  InternalError: {
    means: 'Something that should not happen.',
    cure: 'Please report it with the operator’s log of that time.',
    secret: KEPT,
  },
}

/** Reasons of the Ready condition of a store. It may also have any other reason that is about reading as somebody. */
export const STORE_REASONS: Readonly<Record<string, ReasonText>> = {
  Ready: {
    means:
      'The message says where it reads and as whom; `.status.identity` has ARN and account. KMS may still refuse a secret: nobody has asked for one.',
    cure: NOTHING,
  },
  AuthenticationFailed: {
    means: 'No credential can be had, and none of another identity is used instead.',
    cure: 'The message names the field. The [guide](../README.md#guides) of the way in lists its messages.',
  },
  InvalidSpec: {
    means: 'A field cannot be: an endpoint that is not allowed, a token file elsewhere, a CA that is none.',
    cure: 'The message names the field.',
  },
  CrossNamespaceRefused: {
    means: 'A credential or ServiceAccount of another namespace is named.',
    cure: 'Move it, use a ClusterSecretStore, or `--enable-cross-namespace-auth-ref`.',
  },
  Unavailable: {
    means: 'STS, the metadata service or the KMS instance cannot be reached, or its certificate is not trusted.',
    cure: 'Network, DNS, `--sts-endpoint`, `ca`. It is tried again, and reads go on as soon as it is over.',
  },
}

/** Reasons of the Reachable condition of a store. */
export const STORE_REACHABLE_REASONS: Readonly<Record<string, ReasonText>> = {
  Connected: {
    means: 'True: the latest reads got answers. A refusal is an answer.',
    cure: NOTHING,
  },
  Unavailable: {
    means:
      'False: reads at the store’s own endpoint get no answers. The message names the endpoint, since when, and the last answer. Secrets keep their values.',
    cure: 'Endpoint, VPC, DNS, security group, certificate. It is probed every 1 to 30 s, and all values follow at once.',
  },
}

/** Reasons of the Ready condition of a ClusterExternalSecret. */
export const CLUSTER_EXTERNAL_SECRET_REASONS: Readonly<Record<string, ReasonText>> = {
  Provisioned: {
    means: 'Every selected namespace has the ExternalSecret. Whether that is Ready it says itself.',
    cure: NOTHING,
  },
  NoNamespace: {
    means: 'No namespace is selected.',
    cure: 'Check `namespaceSelectors` and `conditions`, and the labels of the namespaces.',
  },
  Progressing: { means: 'Some namespaces are still to come; status Unknown.', cure: 'Wait.' },
  Degraded: {
    means: 'It failed in some namespaces; `.status.failedNamespaces` has each with its reason.',
    cure: 'See that reason. An ExternalSecret of that name that is not ours is never taken over.',
  },
  InvalidSpec: { means: 'A field cannot be.', cure: 'The message begins with the path of the field.' },
}
