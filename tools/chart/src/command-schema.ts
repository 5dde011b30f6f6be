import { type Flag, FLAGS } from '@ack-secret-manager/operator'
import type { JsonSchema } from './json-schema.ts'

const LIST: JsonSchema = { type: ['array', 'string', 'null'], items: { type: 'string' } }

/** What a value of `command` may be for each kind of flag; null and '' leave the operator's default. */
const SCHEMAS: Readonly<Record<Flag['kind'], JsonSchema>> = {
  string: { type: ['string', 'null'] },
  region: { type: ['string', 'null'] },
  name: { type: ['string', 'null'] },
  endpoint: { type: ['string', 'null'] },
  address: { type: ['string', 'integer', 'null'] },
  duration: { type: ['string', 'null'] },
  // A Secret's or a --set value may come as text.
  boolean: { enum: [true, false, 'true', 'false', '', null] },
  count: { type: ['integer', 'string', 'null'] },
  number: { type: ['number', 'string', 'null'] },
  namespaces: LIST,
  'namespace-patterns': LIST,
  endpoints: LIST,
  paths: LIST,
  packages: LIST,
}

/** Flags that only make sense outside a pod, or that the chart sets itself. */
const NOT_IN_CHART: ReadonlySet<string> = new Set(['kubeconfig', 'metrics-bind-address', 'health-probe-bind-address'])

/** Schema of the chart's `command`: one property for each flag of the operator. */
export function commandSchema(): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  for (const [name, flag] of Object.entries<Flag>(FLAGS)) {
    if (NOT_IN_CHART.has(name)) continue
    const description = flag.deprecated === undefined ? flag.help : `No effect: ${flag.deprecated}.`
    const choices = flag.choices && { enum: [...flag.choices, '', null] }
    properties[camelCase(name)] = { ...(choices ?? SCHEMAS[flag.kind]), description }
  }
  return { type: 'object', additionalProperties: false, properties }
}

/** `kms-qps` is `kmsQps` among the values. */
export function camelCase(flag: string): string {
  return flag.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())
}
