import { z } from 'zod'
import { type CelRule, field, type FieldMeta } from '../schema/field.ts'
import { checkExternalSecret, NOT_MERGED } from './external-secret-checks.ts'
import { LIMITS } from '../schema/limits.ts'
import { templateSchema } from './template-spec.ts'
import {
  hostAndPort,
  interval,
  intervalRules,
  line,
  lineOrEmpty,
  namespaceName,
  objectName,
  SECRET_KEY,
  secretKey,
} from '../schema/text.ts'

const storeRefSchema = z
  .strictObject({
    name: field(objectName(), { description: 'Name of the store.', example: 'kms' }),
    namespace: field(namespaceName().exactOptional(), {
      description:
        'Namespace of a SecretStore. Another one than the ExternalSecret’s needs `--enable-cross-namespace-secret-store`.',
      default: 'the namespace of the ExternalSecret',
      example: 'default',
    }),
    kind: field(z.enum(['SecretStore', 'ClusterSecretStore']).default('SecretStore'), {
      description: 'Kind of the store. A ClusterSecretStore has no namespace; one that is given means nothing.',
      default: 'SecretStore',
      example: 'SecretStore',
    }),
  })
  .readonly()

/** CEL: the entry of that name picks parts of a document. */
const picks = (entry: string): string => `(has(${entry}.jmesPath) && size(${entry}.jmesPath) > 0)`

function jmesPathSchema(alias: z.ZodString) {
  return z
    .strictObject({
      path: field(line(LIMITS.expression), {
        description: 'JMESPath expression on the secret’s JSON or YAML document.',
        example: 'user.name',
        invalidExample: { path: 'users[0].name' },
      }),
      objectAlias: field(alias.exactOptional(), {
        description: 'Key for what the path finds.',
        default: 'the path',
        example: 'username',
      }),
    })
    .readonly()
}

function entryFields(alias: z.ZodString, nameMeaning: FieldMeta) {
  return {
    key: field(line(LIMITS.kmsSecretName), {
      description: 'The KMS secret: its name, or its ARN if it belongs to another account.',
      example: 'app/db',
      invalidExample: { key: 'app/db' },
    }),
    name: field(line(LIMITS.kubernetesName).exactOptional(), nameMeaning),
    versionStage: field(line(LIMITS.kmsVersion).exactOptional(), {
      description: 'Stage label of the version to read.',
      default: 'ACSCurrent',
      example: 'ACSCurrent',
    }),
    versionId: field(line(LIMITS.kmsVersion).exactOptional(), {
      description:
        'Pins one version; beats `versionStage`. Secrets that KMS manages (Rds, RAMCredentials, ECS, PolarDB, Redis) ignore it.',
      default: 'none',
      example: 'v1',
    }),
    jmesPath: field(z.array(jmesPathSchema(alias)).max(LIMITS.jmesPaths).readonly().default([]), {
      description: 'Picks parts of a JSON or YAML document instead of the whole value, one key each.',
      default: 'none',
      example: [{ path: 'user.name', objectAlias: 'username' }],
    }),
    kmsEndpoint: field(hostAndPort().exactOptional(), {
      description: 'KMS endpoint for this entry alone; must be among the allowed endpoints.',
      default: 'that of the store',
      example: 'kms.cn-beijing.aliyuncs.com',
    }),
    secretStoreRef: field(storeRefSchema.exactOptional(), {
      description: 'The store that defines the endpoint and the identity of reads.',
      default: 'the operator’s own identity',
      example: { name: 'kms', namespace: 'default' },
    }),
    optional: field(z.boolean().default(false), {
      description:
        'A missing secret or path leaves the key out and is no failure. What the Secret holds of a missing secret stays until a second look, 15 s later.',
      default: 'false',
      example: true,
    }),
  }
}

const dataSchema = field(
  z
    .strictObject(
      entryFields(secretKey(), {
        description: 'Key in the Secret. Means nothing with `jmesPath`, where the aliases are the keys.',
        default: 'the value of `key`',
        example: 'password',
        invalidExample: { key: 'app/db', name: 'app/db' },
      }),
    )
    .readonly(),
  {
    description: 'A secret to copy.',
  },
)

const extractSchema = z
  .strictObject(
    entryFields(line(LIMITS.kubernetesName), {
      description: 'Accepted for compatibility; means nothing.',
      default: 'none',
      example: 'config',
    }),
  )
  .readonly()

const replaceRuleSchema = z
  .strictObject({
    source: field(line(LIMITS.rule), {
      description: 'Regular expression (RE2) on key names.',
      example: '^db_',
    }),
    target: field(lineOrEmpty(LIMITS.rule).default(''), {
      description: 'What matches are replaced by; `$1` or `${name}` refer to groups.',
      default: 'nothing: matches are removed',
      example: 'DB_',
    }),
  })
  .readonly()

const dataProcessSchema = z
  .strictObject({
    extract: field(extractSchema, {
      description:
        'A secret holding a JSON or YAML document, each top-level member of which becomes a key; with `jmesPath` the aliases are the keys.',
    }),
    replaceRule: field(z.array(replaceRuleSchema).max(LIMITS.replaceRules).readonly().default([]), {
      description: 'Renames keys, rule after rule. Values are not touched.',
      default: 'none',
    }),
  })
  .readonly()

const targetSchema = z
  .strictObject({
    name: field(objectName().exactOptional(), {
      description: 'Name of the Secret.',
      default: 'the name of the ExternalSecret',
      example: 'web-credentials',
    }),
    creationPolicy: field(z.enum(['Owner', 'Adopt', 'Merge']).default('Owner'), {
      description:
        '`Owner` refuses a Secret that we did not create, `Adopt` takes it over once, `Merge` writes our keys into it and leaves the others alone.',
      default: 'Owner',
      example: 'Owner',
    }),
    deletionPolicy: field(z.enum(['Delete', 'Retain']).default('Delete'), {
      description:
        'What happens to the Secret when the ExternalSecret is deleted. `Retain` holds once status.observedGeneration shows the generation that sets it.',
      default: 'Delete',
      example: 'Retain',
    }),
    template: field(templateSchema.exactOptional(), {
      description: 'Makes keys, labels and annotations of the Secret out of what was read, with Go templates.',
      default: 'none: what was read is written as it is',
    }),
    immutable: field(z.boolean().default(false), {
      description:
        'Makes the Secret immutable, so that nobody can edit its values. A new value makes a new Secret of the same name. Not with `Merge`.',
      default: 'false',
      example: true,
    }),
  })
  .readonly()

const restartSchema = field(
  z
    .strictObject({
      kind: field(z.enum(['Deployment', 'StatefulSet', 'DaemonSet']), {
        description: 'Kind of the workload.',
        example: 'Deployment',
      }),
      name: field(objectName(), { description: 'Name of the workload.', example: 'web' }),
    })
    .readonly(),
  { description: 'A workload in the namespace of the ExternalSecret.' },
)

const TOO_MANY_PATHS = `expected at most ${LIMITS.allJmesPaths} entries in all jmesPath together`

function hasFewPaths(entries: ReadonlyArray<{ readonly jmesPath: readonly unknown[] }>): boolean {
  return entries.reduce((total, { jmesPath }) => total + jmesPath.length, 0) <= LIMITS.allJmesPaths
}

/** The same for the API server, of a list in which `entry` is the one that has the paths. */
function fewPaths(entry: string): CelRule {
  const count = `self.map(one, has(${entry}.jmesPath) ? size(${entry}.jmesPath) : 0).sum()`
  return { rule: `${count} <= ${LIMITS.allJmesPaths}`, message: TOO_MANY_PATHS }
}

/** Spec of an ExternalSecret, strict: expects absent fields where the API allows empty ones, see `parseExternalSecret`. */
export const externalSecretSpecSchema = field(
  z
    .strictObject({
      provider: field(z.enum(['kms', 'oos', 'plugin']).default('kms'), {
        description:
          'Kind of manager that holds the secrets; the stores must be of the same kind. `plugin` needs a store for each entry.',
        default: 'kms',
        example: 'kms',
      }),
      type: field(line(LIMITS.kubernetesName).default('Opaque'), {
        description:
          'Type of the Secret. Kubernetes does not let it change: a new type makes a new Secret. Nothing is written while a key that the type demands is missing: `InvalidForType`.',
        default: 'Opaque',
        example: 'kubernetes.io/tls',
      }),
      rotationInterval: field(interval().exactOptional(), {
        description: 'How often the secrets are read again, as a Go duration from 1s to 8760h.',
        default: 'the operator’s `--polling-interval`',
        example: '120s',
        rules: intervalRules,
      }),
      suspend: field(z.boolean().default(false), {
        description: 'Stops syncing; the Secret stays as it is.',
        default: 'false',
        example: true,
      }),
      data: field(
        z.array(dataSchema).max(LIMITS.dataEntries).refine(hasFewPaths, TOO_MANY_PATHS).readonly().default([]),
        {
          description: 'Secrets to copy, one key each (with `jmesPath` one key for each path).',
          default: 'none; then `dataProcess` must have an entry',
          rules: [fewPaths('one')],
        },
      ),
      dataProcess: field(
        z
          .array(dataProcessSchema)
          .max(LIMITS.dataProcessEntries)
          .refine((entries) => hasFewPaths(entries.map(({ extract }) => extract)), TOO_MANY_PATHS)
          .readonly()
          .default([]),
        {
          description: 'Secrets whose members become keys of their own.',
          default: 'none; then `data` must have an entry',
          rules: [fewPaths('one.extract')],
        },
      ),
      target: field(targetSchema.prefault({}), {
        description: 'The Secret that is written.',
        default: '{}',
        rules: [
          {
            rule: "!(has(self.immutable) && self.immutable && has(self.creationPolicy) && self.creationPolicy == 'Merge')",
            message: NOT_MERGED,
            fieldPath: '.immutable',
          },
        ],
      }),
      onKeyFailure: field(z.enum(['KeepPrevious', 'Block']).default('KeepPrevious'), {
        description:
          'When one of several secrets cannot be read: `KeepPrevious` writes the others and keeps the last values of this one, `Block` writes nothing.',
        default: 'KeepPrevious',
        example: 'Block',
      }),
      restart: field(z.array(restartSchema).max(LIMITS.restarts).readonly().default([]), {
        description:
          'Workloads that are restarted, as by `kubectl rollout restart`, each time the content of the Secret changes; not when it is created.',
        default: 'none',
        example: [{ kind: 'Deployment', name: 'web' }],
      }),
    })
    .readonly()
    .superRefine(checkExternalSecret),
  {
    description: 'Which secrets to read and which Secret to write.',
    rules: [
      {
        rule: '(has(self.data) && size(self.data) > 0) || (has(self.dataProcess) && size(self.dataProcess) > 0)',
        message: 'expected at least one entry in data or dataProcess',
      },
      {
        // With a template the name may be one for the template alone.
        rule: `(has(self.target) && has(self.target.template)) || !has(self.data) || self.data.all(one, ${picks('one')} || (has(one.name) && one.name != '' ? one.name : one.key).matches('${SECRET_KEY.source}'))`,
        message: 'expected a name, or a key without one, to be a key of a Secret: letters, digits, "-", "_" and "."',
        fieldPath: '.data',
      },
    ],
  },
)

/** Spec of an ExternalSecret with its defaults filled in. */
export type ExternalSecretSpec = z.output<typeof externalSecretSpecSchema>
/** One entry of `spec.data`. */
export type DataEntry = z.output<typeof dataSchema>
/** The secret of one entry of `spec.dataProcess`. */
export type ExtractEntry = z.output<typeof extractSchema>
/** One entry of `spec.dataProcess`. */
export type DataProcessEntry = z.output<typeof dataProcessSchema>
/** One path into a document. */
export type JmesPathEntry = z.output<ReturnType<typeof jmesPathSchema>>
/** One renaming of keys. */
export type ReplaceRule = z.output<typeof replaceRuleSchema>
/** A workload that is restarted when the Secret changes. */
export type RestartEntry = z.output<typeof restartSchema>
/** Names a store. */
export type StoreRef = z.output<typeof storeRefSchema>
/** The Secret that is written, and what may be done to it. */
export type TargetSpec = z.output<typeof targetSchema>
