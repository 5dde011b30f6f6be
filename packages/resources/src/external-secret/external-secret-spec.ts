import { z } from 'zod'
import { field, type FieldMeta } from '../schema/field.ts'
import { checkExternalSecret, NO_ENTRY, NOT_MERGED } from './external-secret-checks.ts'
import { dataFromSchema } from './find-spec.ts'
import { replaceRuleSchema } from './replace-rule-spec.ts'
import { generateSchema } from './generate-spec.ts'
import { LIMITS } from '../schema/limits.ts'
import { STORE_PROVIDERS } from '../stores/store-services.ts'
import { storeRef } from './store-ref-spec.ts'
import { templateSchema } from './template-spec.ts'
import { restartSchema } from './restart-spec.ts'
import { hostAndPort, interval, intervalRules, line, objectName, SECRET_KEY, secretKey } from '../schema/text.ts'

/** CEL: whether the entry has a `jmesPath`. */
const picks = (entry: string): string => `(has(${entry}.jmesPath) && size(${entry}.jmesPath) > 0)`

function jmesPathSchema(alias: z.ZodString) {
  return z
    .strictObject({
      path: field(line(LIMITS.expression), {
        description: 'JMESPath expression, evaluated on the JSON or YAML document of the secret.',
        example: 'user.name',
        invalidExample: { path: 'users[0].name' },
      }),
      objectAlias: field(alias.exactOptional(), {
        description: 'Key of the Secret for the result of the expression.',
        default: 'the path',
        example: 'username',
      }),
    })
    .readonly()
}

function entryFields(alias: z.ZodString, nameMeaning: FieldMeta) {
  return {
    key: field(line(LIMITS.kmsSecretName), {
      description: 'Name of the KMS secret, or its ARN if it belongs to another account.',
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
        'Version to read; takes precedence over `versionStage`. Ignored for managed secrets (Rds, RAMCredentials, ECS, PolarDB, Redis).',
      default: 'none',
      example: 'v1',
    }),
    jmesPath: field(z.array(jmesPathSchema(alias)).max(LIMITS.jmesPaths).readonly().default([]), {
      description: 'Selects parts of a JSON or YAML document instead of the whole value, one key each.',
      default: 'none',
      example: [{ path: 'user.name', objectAlias: 'username' }],
    }),
    kmsEndpoint: field(hostAndPort().exactOptional(), {
      description: 'KMS endpoint for this entry only; must be an allowed endpoint.',
      default: 'the endpoint of the store',
      example: 'kms.cn-beijing.aliyuncs.com',
    }),
    secretStoreRef: field(storeRef('ExternalSecret').exactOptional(), {
      description: 'Store that defines the endpoint and the identity for reading the secret.',
      default: 'the operator identity',
      example: { name: 'kms', namespace: 'default' },
    }),
    optional: field(z.boolean().default(false), {
      description:
        'A missing secret or path omits the key and is not a failure. Existing keys of a missing secret are removed after a second read, 15 s later.',
      default: 'false',
      example: true,
    }),
  }
}

const dataSchema = field(
  z
    .strictObject(
      entryFields(secretKey(), {
        description: 'Key in the Secret. Ignored when `jmesPath` is set; `objectAlias` names the keys.',
        default: 'the value of `key`',
        example: 'password',
        invalidExample: { key: 'app/db', name: 'app/db' },
      }),
    )
    .readonly(),
  {
    description: 'A KMS secret to copy.',
  },
)

const extractSchema = z
  .strictObject(
    entryFields(line(LIMITS.kubernetesName), {
      description: 'Accepted for compatibility and ignored.',
      default: 'none',
      example: 'config',
    }),
  )
  .readonly()

const dataProcessSchema = z
  .strictObject({
    extract: field(extractSchema, {
      description:
        'A KMS secret that holds a JSON or YAML document. Each top-level member becomes a key. With `jmesPath`, `objectAlias` names the keys.',
    }),
    replaceRule: field(z.array(replaceRuleSchema).max(LIMITS.replaceRules).readonly().default([]), {
      description: 'Rules that rename keys, applied in order. Values do not change.',
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
        '`Owner` refuses an existing Secret that the operator did not create. `Adopt` takes it over once. `Merge` writes only its own keys into it.',
      default: 'Owner',
      example: 'Owner',
    }),
    deletionPolicy: field(z.enum(['Delete', 'Retain']).default('Delete'), {
      description:
        'Whether the Secret is deleted with the ExternalSecret. `Retain` takes effect once `status.observedGeneration` has reached the generation that sets it.',
      default: 'Delete',
      example: 'Retain',
    }),
    template: field(templateSchema.exactOptional(), {
      description: 'Go templates that render keys, labels and annotations of the Secret.',
      default: 'none: values are written unchanged',
    }),
    immutable: field(z.boolean().default(false), {
      description:
        'Makes the Secret immutable, so that its values cannot be edited. For a new value the operator recreates the Secret. Not with `Merge`.',
      default: 'false',
      example: true,
    }),
  })
  .readonly()

const TOO_MANY_PATHS = `expected at most ${LIMITS.allJmesPaths} entries in all jmesPath together`

function hasFewPaths(entries: ReadonlyArray<{ readonly jmesPath: readonly unknown[] }>): boolean {
  return entries.reduce((total, { jmesPath }) => total + jmesPath.length, 0) <= LIMITS.allJmesPaths
}

/** Spec of an ExternalSecret, strict: expects absent fields where the API allows empty ones, see `parseExternalSecret`. */
export const externalSecretSpecSchema = field(
  z
    .strictObject({
      provider: field(z.enum(STORE_PROVIDERS).default('kms'), {
        description:
          'Service that holds the secrets; the stores must use the same service. `plugin` requires a store for each entry.',
        default: 'kms',
        example: 'kms',
      }),
      type: field(line(LIMITS.kubernetesName).default('Opaque'), {
        description:
          'Type of the Secret. A new type recreates the Secret. If a key that the type requires is missing, nothing is written.',
        default: 'Opaque',
        example: 'kubernetes.io/tls',
      }),
      rotationInterval: field(interval().exactOptional(), {
        description: 'Refresh interval of the secrets, as a Go duration from 1s to 8760h.',
        default: 'the operator’s `--polling-interval`',
        example: '120s',
        rules: intervalRules,
      }),
      suspend: field(z.boolean().default(false), {
        description: 'Pauses reconciliation; the Secret stays unchanged.',
        default: 'false',
        example: true,
      }),
      data: field(
        z.array(dataSchema).max(LIMITS.dataEntries).refine(hasFewPaths, TOO_MANY_PATHS).readonly().default([]),
        {
          description: 'KMS secrets to copy, one key each. With `jmesPath`, one key for each path.',
          default: 'none; `dataProcess`, `dataFrom` or `generate` then requires an entry',
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
          description: 'KMS secrets whose top-level members become keys.',
          default: 'none; `data`, `dataFrom` or `generate` then requires an entry',
        },
      ),
      dataFrom: field(z.array(dataFromSchema).max(LIMITS.dataFromEntries).readonly().default([]), {
        description: 'Secrets that the store lists and whose names or tags match, one key each.',
        default: 'none',
      }),
      generate: field(z.array(generateSchema).max(LIMITS.generateEntries).readonly().default([]), {
        description:
          'Keys with generated values: passwords and tokens. A password is generated once and stored in the Secret only: a Secret that was deleted gets a new one.',
        default: 'none; `data`, `dataProcess` or `dataFrom` then requires an entry',
      }),
      target: field(targetSchema.prefault({}), {
        description: 'The Secret to write.',
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
          'What to do when one of several secrets cannot be read. `KeepPrevious` writes the others and keeps its last values. `Block` writes nothing.',
        default: 'KeepPrevious',
        example: 'Block',
      }),
      restart: field(z.array(restartSchema).max(LIMITS.restarts).readonly().default([]), {
        description:
          'Workloads to restart, as with `kubectl rollout restart`, when the content of the Secret changes; not on its creation.',
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
        rule: '(has(self.data) && size(self.data) > 0) || (has(self.dataProcess) && size(self.dataProcess) > 0) || (has(self.dataFrom) && size(self.dataFrom) > 0) || (has(self.generate) && size(self.generate) > 0)',
        message: NO_ENTRY,
      },
      {
        // With a template, a name may be used by the template only.
        rule: `(has(self.target) && has(self.target.template)) || !has(self.data) || self.data.all(one, ${picks('one')} || (has(one.name) && one.name != '' ? one.name : one.key).matches('${SECRET_KEY.source}'))`,
        message: 'expected a name, or a key without one, to be a key of a Secret: letters, digits, "-", "_" and "."',
        fieldPath: '.data',
      },
    ],
  },
)

/** Spec of an ExternalSecret with its defaults filled in. */
export type ExternalSecretSpec = z.output<typeof externalSecretSpecSchema>
export type DataEntry = z.output<typeof dataSchema>
/** The secret of one entry of `spec.dataProcess`. */
export type ExtractEntry = z.output<typeof extractSchema>
