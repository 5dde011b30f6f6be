import { expect, it } from 'vitest'
import { Log } from '../output/log.ts'
import { folderWith } from '../testing/files.ts'
import { externalSecretYaml } from '../testing/manifests.ts'
import { Capture } from '../testing/run.ts'
import { ManifestReader } from './manifest-reader.ts'
import type { Labels } from './namespace-labels.ts'

const { signal } = new AbortController()
const data = [{ key: 'app/db', name: 'db' }]
const namespace = (name: string, labels: Labels = {}): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
const maker = (name: string, spec: object): string =>
  JSON.stringify({
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind: 'ClusterExternalSecret',
    metadata: { name },
    spec: { externalSecretSpec: { data }, ...spec },
  })

const namespaces = [namespace('a', { team: 'x' }), namespace('b', { team: 'y' }), namespace('c')]

async function read(documents: readonly string[], cluster?: Readonly<Record<string, Labels>>) {
  const cwd = await folderWith({ 'in.yaml': documents.join('\n---\n') })
  const said = new Capture()
  const reader = new ManifestReader({
    paths: ['in.yaml'],
    recursive: false,
    cwd,
    stdin: undefined,
    defaultNamespace: 'default',
    log: new Log(said, 'info'),
    ...(cluster ? { clusterNamespaces: () => Promise.resolve(new Map(Object.entries(cluster))) } : {}),
  })
  const manifests = await reader.read(signal).catch((error: unknown) => String(error))
  const keys = typeof manifests === 'string' ? manifests : [...manifests.externalSecrets.keys()].toSorted()
  return { keys, manifests, said, reader }
}

it.each<[string, object, readonly string[]]>([
  ['all Namespaces', {}, ['a/web', 'b/web', 'c/web']],
  ['labels', { namespaceSelectors: [{ matchLabels: { team: 'x' } }] }, ['a/web']],
  [
    'the label that every namespace has',
    { namespaceSelectors: [{ matchLabels: { 'kubernetes.io/metadata.name': 'c' } }] },
    ['c/web'],
  ],
  [
    'names and regular expressions',
    { conditions: [{ namespaces: ['a'] }, { namespaceRegexes: ['[bx]'] }] },
    ['a/web', 'b/web'],
  ],
  ['another name', { externalSecretName: 'other', conditions: [{ namespaces: ['a'] }] }, ['a/other']],
])('creates an ExternalSecret in each namespace: %s', async (_how, spec, keys) => {
  expect((await read([...namespaces, maker('web', spec)])).keys).toEqual(keys)
})

it('sets its labels and annotations on them', async () => {
  const externalSecretMetadata = { labels: { team: 'platform' }, annotations: { 'alibabacloud.com/adopt': 'true' } }
  const { manifests } = await read([namespace('a'), maker('web', { externalSecretMetadata })])
  expect(typeof manifests === 'object' && manifests.externalSecrets.get('a/web')?.metadata).toMatchObject({
    ...externalSecretMetadata,
    labels: { team: 'platform', 'alibabacloud.com/cluster-external-secret': 'web' },
  })
})

it.each<[string, readonly string[], string]>([
  [
    'an invalid regular expression',
    [...namespaces, maker('web', { conditions: [{ namespaces: ['a'], namespaceRegexes: ['('] }] })],
    'in.yaml:7: ClusterExternalSecret web: spec.conditions[0].namespaceRegexes[0]: not a valid regular expression (RE2)',
  ],
  [
    'an unknown field',
    [...namespaces, maker('web', { namespaces: ['a'] })],
    'in.yaml:7: ClusterExternalSecret web: spec.namespaces: unknown field',
  ],
  [
    'a Namespace whose name is a path',
    [namespace('a'), namespace('../../etc'), maker('web', {})],
    'in.yaml:3: Namespace ../../etc: expected a name of lower-case letters, digits and "-"',
  ],
  [
    'no namespace at all',
    [maker('web', {})],
    'ClusterExternalSecret web selects none of the Namespaces in the manifests; add manifests of the Namespaces with their labels',
  ],
])('is refused with %s', async (_what, documents, problem) => {
  const { keys } = await read(documents)
  expect(String(keys)).toContain(problem)
})

it.each<[string, readonly string[], string, string]>([
  [
    'an existing ExternalSecret',
    [...namespaces, externalSecretYaml('web', { data }, { namespace: 'b' }), maker('web', {})],
    'b/web',
    'in.yaml:18: ClusterExternalSecret web: ExternalSecret b/web is defined twice; the other definition is at in.yaml:7',
  ],
  [
    'the ExternalSecret of another ClusterExternalSecret',
    [namespace('a'), maker('web', {}), maker('other', { externalSecretName: 'web' })],
    'a/web',
    'in.yaml:5: ClusterExternalSecret other: ExternalSecret a/web is defined twice; the other definition is at in.yaml:3: ClusterExternalSecret web',
  ],
])('fails only the resource that would be %s', async (_what, documents, key, problem) => {
  const { manifests } = await read(documents)
  expect(typeof manifests === 'object' && [...manifests.duplicates]).toEqual([[key, problem]])
})

it('is reported even if others select a namespace', async () => {
  const { keys, said, reader } = await read([
    namespace('a'),
    maker('web', {}),
    maker('idle', { conditions: [{ namespaces: ['x'] }] }),
  ])
  expect(keys).toEqual(['a/web'])
  expect(said.text.match(/ClusterExternalSecret idle selects none/g)).toHaveLength(1)
  await reader.read(signal)
  expect(said.text.match(/ClusterExternalSecret idle selects none/g)).toHaveLength(1)
  expect(said.text).not.toContain('passed over')
})

it('uses namespaces of the cluster, and prefers their manifests', async () => {
  const spec = { namespaceSelectors: [{ matchLabels: { team: 'x' } }] }
  const cluster = { a: { team: 'y' }, d: { team: 'x' }, e: {} }
  const { keys, reader } = await read([...namespaces, maker('web', spec)], cluster)
  expect(keys).toEqual(['a/web', 'd/web'])
  expect(reader.followsCluster).toBe(true)
})

it('does not list namespaces without a ClusterExternalSecret', async () => {
  const { keys, reader } = await read([externalSecretYaml('web', { data })], {})
  expect([keys, reader.followsCluster]).toEqual([['default/web'], false])
})
