import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import { describe, expect, it } from 'vitest'
import { parseClusterExternalSecret } from '../cluster-external-secret/cluster-external-secret.ts'
import { crds, crdYaml } from './crds.ts'
import { parseExternalSecret } from '../external-secret/external-secret.ts'
import { generatedFiles } from '../generated-files.ts'
import { kinds } from '../kinds.ts'
import { parsePushSecret } from '../push-secret/push-secret.ts'
import { parseClusterSecretStore, parseSecretStore } from '../stores/secret-store.ts'
import type { StructuralSchema } from './structural-schema.ts'

const root = new URL('../../../../', import.meta.url)

/** Every schema of every definition, with its path. */
const schemas = crds().flatMap(({ spec }) => {
  const version = spec.versions[0]
  return version === undefined ? [] : walk(spec.names.kind, version.schema.openAPIV3Schema)
})

function walk(path: string, schema: StructuralSchema): Array<{ path: string; schema: StructuralSchema }> {
  return [
    { path, schema },
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) => walk(`${path}.${name}`, property)),
    ...(schema.items === undefined ? [] : walk(`${path}[]`, schema.items)),
    ...(schema.additionalProperties === undefined ? [] : walk(`${path}.*`, schema.additionalProperties)),
  ]
}

/** Keywords allowed in the structural schemas of this project. */
const KEYWORDS = new Set(
  `type description format enum pattern minLength maxLength minimum maximum minItems maxItems maxProperties required
  properties additionalProperties items x-kubernetes-preserve-unknown-fields x-kubernetes-list-type x-kubernetes-list-map-keys x-kubernetes-validations`.split(
    /\s+/,
  ),
)

describe('the committed files', () => {
  it.each([...generatedFiles()])('%s is up to date (npm run generate)', (path, content) => {
    expect(readFileSync(new URL(path, root), 'utf8')).toBe(content)
  })
})

describe('the schemas', () => {
  it('use no keyword beyond those of a structural schema', () => {
    const odd = schemas.flatMap(({ path, schema }) =>
      Object.keys(schema)
        .filter((keyword) => !KEYWORDS.has(keyword))
        .map((keyword) => `${path}: ${keyword}`),
    )
    expect(odd).toStrictEqual([])
  })

  it('have no rule that Kubernetes 1.30 refuses, where reserved words are escaped', () => {
    const rules = schemas.flatMap(({ schema }) => schema['x-kubernetes-validations'] ?? []).map(({ rule }) => rule)
    expect(rules.length).toBeGreaterThan(20)
    expect(rules.filter((rule) => /\.(?:namespace|package|import|function|return)\b/.test(rule))).toEqual([])
  })

  it('limit every list, map and text', () => {
    const unlimited = schemas.filter(({ path, schema }) => {
      if (/^\w+\.(apiVersion|kind)$/.test(path)) return false
      if (schema.type === 'array') return schema.maxItems === undefined
      if (schema.additionalProperties !== undefined) return schema.maxProperties === undefined
      return schema.type === 'string' && schema.maxLength === undefined && schema.enum === undefined
    })
    expect(unlimited.map(({ path }) => path)).toStrictEqual([])
  })

  it('describe every field', () => {
    const silent = schemas.filter(
      ({ path, schema }) =>
        /^\w+\.(spec|status)\./.test(path) && !/(\[\]|\.\*)$/.test(path) && schema.description === undefined,
    )
    expect(silent.map(({ path }) => path)).toStrictEqual([])
  })

  it('require nothing in a status, because others may have written it', () => {
    expect(schemas.find(({ path }) => path === 'ExternalSecret.status')?.schema.required).toBeUndefined()
  })

  it('have patterns that accept an empty text for an optional field', () => {
    const optional = schemas.flatMap(({ path, schema }) =>
      Object.entries(schema.properties ?? {})
        .filter(([name, property]) => property.pattern !== undefined && !(schema.required ?? []).includes(name))
        .map(([name, property]) => ({ path: `${path}.${name}`, pattern: property.pattern ?? '' })),
    )
    expect(optional.length).toBeGreaterThan(5)
    for (const { pattern } of optional) expect(new RegExp(pattern, 'u').test('')).toBe(true)
  })
})

describe('the definitions', () => {
  it('have the names of the Go operator’s, and of one more kind', () => {
    expect(crds().map(({ metadata }) => metadata.name)).toStrictEqual([
      'externalsecrets.alibabacloud.com',
      'secretstores.alibabacloud.com',
      'clustersecretstores.alibabacloud.com',
      'clusterexternalsecrets.alibabacloud.com',
      'pushsecrets.alibabacloud.com',
    ])
    const shortNames: Readonly<Record<string, string[]>> = {
      ExternalSecret: ['aes'],
      SecretStore: ['asts'],
      ClusterSecretStore: ['css'],
      ClusterExternalSecret: ['ces'],
      PushSecret: ['aps'],
    }
    for (const { spec } of crds()) {
      const isCluster = spec.names.kind.startsWith('Cluster')
      expect(spec.names.shortNames).toStrictEqual(shortNames[spec.names.kind])
      expect(spec.names.categories).toStrictEqual(['ack-secrets'])
      expect(spec.scope).toBe(isCluster ? 'Cluster' : 'Namespaced')
    }
  })

  it.each([
    ['externalsecrets', ['Ready', 'Reason', 'Target', 'Keys', 'Changed', 'Age'], ['Store', 'Interval', 'Message']],
    ['secretstores', ['Ready', 'Reason', 'Provider', 'Identity', 'Age'], ['Endpoint', 'Message']],
    ['clustersecretstores', ['Ready', 'Reason', 'Provider', 'Identity', 'Age'], ['Endpoint', 'Message']],
    ['clusterexternalsecrets', ['Ready', 'Reason', 'Name', 'Age'], ['Message']],
    ['pushsecrets', ['Ready', 'Reason', 'Secret', 'Age'], ['Store', 'Message']],
  ])('have the expected columns of kubectl get %s', (plural, always, wide) => {
    const columns = crds().find(({ spec }) => spec.names.plural === plural)?.spec.versions[0]?.additionalPrinterColumns
    const namesAt = (isWide: boolean) =>
      columns?.filter(({ priority = 0 }) => priority > 0 === isWide).map(({ name }) => name)
    expect([namesAt(false), namesAt(true)]).toStrictEqual([always, wide])
  })

  it('are the same as YAML', () => {
    const documents = parseAllDocuments(crdYaml(), { version: '1.1' })
    expect(documents.map((document) => document.toJS() as unknown)).toStrictEqual(JSON.parse(JSON.stringify(crds())))
  })

  it('have a valid example', () => {
    const readers = {
      ExternalSecret: parseExternalSecret,
      SecretStore: parseSecretStore,
      ClusterSecretStore: parseClusterSecretStore,
      ClusterExternalSecret: parseClusterExternalSecret,
      PushSecret: parsePushSecret,
    }
    for (const { kind, example } of kinds) expect(readers[kind](example).ok).toBe(true)
  })
})
