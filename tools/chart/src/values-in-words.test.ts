import { expect, it } from 'vitest'
import type { JsonSchema } from './generators/json-schema.ts'
import { valuesSchema } from './generators/values-schema.ts'
import { useHelm } from './programs/use-helm.ts'

/** Wrong values by place, and what helm says. */
const WRONG: Readonly<Record<string, readonly [value: unknown, words: string]>> = {
  '/command/backend': ['vault', "value must be one of 'alicloud-kms', '', <nil>"],
  '/command/concurrency': ['many', "value must be 'a whole number from 1 to 1000'"],
  '/command/enableWorkerRole': ['maybe', "value must be 'true or false'"],
  '/command/excludeNamespaces': [
    ['A_B'],
    "value must be 'at most 64 names of namespaces (a-z, 0-9 and -), separated by commas'",
  ],
  '/command/kmsEndpoint': ['https://kms.example/', "value must be 'HOST or HOST:PORT'"],
  '/command/pollingInterval': ['120', "value must be 'a duration of at least 1s, such as 90s or 1h30m'"],
  '/command/region': ['Hangzhou', "value must be 'a region such as cn-hangzhou'"],
  '/command/uid': ['12-3', "value must be 'an account id (digits only)'"],
  '/command/watchNamespaces': [7, 'got number, want null or string or array'],
  '/extraEnv/0/name': ['1st', "value must be 'the name of a variable: letters, digits, _, - and ., not a digit first'"],
  '/extraObjects': [{ kind: 'ConfigMap' }, 'got object, want null or array'],
  '/image/digest': ['latest', "value must be 'sha256: and 64 hexadecimal digits, or empty'"],
  '/livenessProbe': [{ httpGet: {} }, "additional properties 'httpGet' not allowed"],
  '/metrics/serviceMonitor/namespace': ['a/b', "value must be 'the name of a namespace, or empty'"],
  '/metrics/serviceMonitor/scrapeTimeout': ['10', "value must be 'a duration of Prometheus, such as 30s or 1m30s'"],
  '/networkPolicy/endpointPorts/0': [0, 'minimum: got 0, want 1'],
  '/podLabels/a': [true, 'got boolean, want string'],
  '/proxy/httpsProxy': [
    'http://me:canary@proxy:3128',
    "value must be 'http://HOST:PORT or https://HOST:PORT; with a user and a password use proxy.secretRef'",
  ],
  '/proxy/noProxy/0': ['a b', "value must be 'one host, without commas and spaces'"],
  '/rbac/aggregate': [false, 'got boolean, want object'],
  '/rbac/scope': ['namespace', "value must be one of 'Cluster', 'Namespaced'"],
  '/replicaCount': ['two', 'got string, want integer'],
  '/replicas': [2, "additional properties 'replicas' not allowed"],
}

const helm = useHelm()

it('a wrong value gets a line in words, without the value of a text', async () => {
  const values: Record<string, unknown> = {}
  for (const [place, [value]] of Object.entries(WRONG)) put(values, place.split('/').slice(1), value)
  const said = await helm.template({ release: 'dry', namespace: 'default', values }).catch(String)
  const lines = [...said.matchAll(/^ *- at '(.*?)': (.*)$/gm)].map(([, place, words]) => `${place}: ${words}`)
  const expected = Object.entries(WRONG).map(([place, [, words]]) => `${place === '/replicas' ? '' : place}: ${words}`)
  // Helm also prints a line for each object with several wrong values.
  const found = lines.filter((line) => !line.endsWith(': validation failed'))
  expect(found.toSorted()).toEqual(expected.toSorted())
  expect(said).not.toContain('canary')
})

it('no schema has a pattern without words', () => {
  const found: string[] = []
  const visit = (schema: JsonSchema, place: string): void => {
    for (const keyword of ['pattern', 'maxLength', 'maxItems', 'allOf'] as const)
      if (keyword in schema) found.push(`${place}: ${keyword}`)
    for (const [name, each] of Object.entries(schema.properties ?? {})) visit(each, `${place}.${name}`)
    if (schema.items) visit(schema.items, `${place}[]`)
    if (typeof schema.additionalProperties === 'object') visit(schema.additionalProperties, `${place}.*`)
  }
  visit(valuesSchema(), '')
  expect(found).toEqual([])
})

/** Sets a value in objects and lists. */
function put(values: Record<string, unknown>, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) values[key] = value
  else if (/^\d+$/.test(rest[0] ?? '')) {
    const item: Record<string, unknown> = {}
    put(item, ['item', ...rest.slice(1)], value)
    values[key] = [item['item']]
  } else {
    const inner = (values[key] ?? {}) as Record<string, unknown>
    values[key] = inner
    put(inner, rest, value)
  }
}
