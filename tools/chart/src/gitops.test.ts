import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { crds } from '@ack-secret-manager/resources'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { describe, expect, it, vi } from 'vitest'
import { parse, stringify } from 'yaml'
import { CUSTOMIZATIONS, runArgoScript } from './programs/argo-lua.ts'
import { runGoProgram } from './programs/go-program.ts'
import { kubectlBinary } from './programs/kubectl-binary.ts'
import { ROOT } from './root.ts'

interface HealthTest {
  readonly healthStatus: { readonly status: string; readonly message: string }
  readonly inputPath: string
}

const yamlOf = (file: string | URL): unknown => parse(readFileSync(file, 'utf8'))
const scriptOf = (file: string): string => readFileSync(path.join(CUSTOMIZATIONS, file), 'utf8')
const KINDS = crds().map(({ spec }) => spec.names.kind)

describe('Argo CD', () => {
  // Builds the Lua of Argo CD once.
  vi.setConfig({ testTimeout: 20 * 60_000 })

  it('has customizations of all kinds', () =>
    expect(globSync('*', { cwd: CUSTOMIZATIONS }).toSorted()).toEqual(KINDS.toSorted()))

  it.each(KINDS)('%s: has the health of each captured status', async (kind) => {
    const folder = path.join(CUSTOMIZATIONS, kind)
    const { tests } = yamlOf(path.join(folder, 'health_test.yaml')) as { tests: HealthTest[] }
    const objects = tests.map(({ inputPath }) => yamlOf(path.join(folder, inputPath)) as object)
    expect(await runArgoScript(`${kind}/health.lua`, objects)).toEqual(tests.map(({ healthStatus }) => healthStatus))
    expect(tests.map(({ inputPath }) => inputPath).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      globSync('testdata/*.yaml', { cwd: folder }).toSorted((a, b) => (a < b ? -1 : 1)),
    )
  })

  it('mentions an outage of KMS in the health of a store, which stays healthy', async () => {
    const store = yamlOf(path.join(CUSTOMIZATIONS, 'SecretStore/testdata/ready.yaml')) as {
      status: { conditions: object[] }
    }
    const outage = { type: 'Reachable', status: 'False', message: 'has not responded' }
    const expiry = { type: 'ClientKeyExpiring', status: 'True', message: 'the client key expires' }
    const conditions = [...store.status.conditions, outage, expiry, { ...outage, status: 'True', message: 'responds' }]
    const objects = [{ ...store, status: { conditions } }]
    expect(await runArgoScript('SecretStore/health.lua', objects)).toEqual([
      {
        status: 'Healthy',
        message: expect.stringMatching(
          /^reads from .*; Reachable: has not responded; ClientKeyExpiring: the client key expires$/,
        ),
      },
    ])
  })

  it('has the same scripts in argocd-cm', () => {
    const { data } = yamlOf(new URL('deploy/argocd/argocd-cm.yaml', ROOT)) as { data: Record<string, string> }
    const expected = KINDS.flatMap((kind) => {
      const health = [[`resource.customizations.health.alibabacloud.com_${kind}`, scriptOf(`${kind}/health.lua`)]]
      const discovery = `${kind}/actions/discovery.lua`
      if (!existsSync(path.join(CUSTOMIZATIONS, discovery))) return health
      const files = globSync('*/action.lua', { cwd: path.join(CUSTOMIZATIONS, kind, 'actions') })
      const definitions = files.map((file) => [path.dirname(file), scriptOf(`${kind}/actions/${file}`)])
      const actions = { 'discovery.lua': scriptOf(discovery), definitions: Object.fromEntries(definitions) as object }
      return [...health, [`resource.customizations.actions.alibabacloud.com_${kind}`, actions]]
    })
    const given = Object.entries(data).map(([key, text]) => {
      if (!key.includes('.actions.')) return [key, text]
      const { definitions, ...rest } = parse(text) as { definitions: { name: string; 'action.lua': string }[] }
      const scripts = definitions.map(({ name, 'action.lua': script }) => [name, script])
      return [key, { ...rest, definitions: Object.fromEntries(scripts) as object }]
    })
    expect(Object.fromEntries(given)).toEqual(Object.fromEntries(expected))
  })
})

describe('Flux', () => {
  vi.setConfig({ testTimeout: 20 * 60_000 })
  const guide = readFileSync(new URL('docs/guides/gitops.md', ROOT), 'utf8')
  const block = /^```yaml\n(apiVersion: kustomize\.toolkit\.fluxcd\.io.*?)^```$/ms.exec(guide)?.[1] ?? ''
  const checks = (parse(block) as { spec: { healthCheckExprs: { kind: string }[] } }).spec.healthCheckExprs

  it.each([
    [
      'ExternalSecret',
      {
        Current: ['suspended', 'synced'],
        Failed: ['degraded', 'pathnotfound', 'secretnotfound', 'storenotfound', 'targetconflict'],
        Unknown: ['no-status'],
      },
    ],
    ['SecretStore', { Current: ['ready'], Failed: ['authenticationfailed'] }],
    ['PushSecret', { Current: ['synced'], Failed: ['storenotallowed', 'targetconflict'] }],
    ['ClusterExternalSecret', { Current: ['nonamespace', 'provisioned'], Failed: ['degraded'] }],
  ])('the expressions of the guide for %s tell its captured statuses apart', async (kind, expected) => {
    const folder = path.join(CUSTOMIZATIONS, kind, 'testdata')
    const files = globSync('*.yaml', { cwd: folder }).toSorted((a, b) => (a < b ? -1 : 1))
    const objects = files.map((file) => yamlOf(path.join(folder, file)))
    // The others have the conditions of stores.
    const expressions = checks.find((check) => check.kind === (kind === 'ExternalSecret' ? kind : 'SecretStore'))
    const statuses = (await runGoProgram('flux-health', [], { expressions, objects })) as string[]
    const grouped: Record<string, string[]> = {}
    for (const [index, file] of files.entries())
      (grouped[statuses[index] ?? ''] ??= []).push(path.basename(file, '.yaml'))
    expect(grouped).toEqual(expected)
  })

  it('a store with a status of an earlier spec is in progress', async () => {
    const store = yamlOf(path.join(CUSTOMIZATIONS, 'SecretStore/testdata/authenticationfailed.yaml')) as {
      metadata: { generation: number }
    }
    store.metadata.generation += 1
    const expressions = checks.find((check) => check.kind === 'SecretStore')
    expect(await runGoProgram('flux-health', [], { expressions, objects: [store] })).toEqual(['InProgress'])
  })
})

describe('the plug-ins of k9s', () => {
  const { plugins } = yamlOf(new URL('deploy/k9s/plugins.yaml', ROOT)) as { plugins: Record<string, object> }
  const known = new URL('apps/cli/src/commands/cluster/', ROOT)

  // The schema of k9s: internal/config/json/schemas/plugins.json.
  it.each(Object.entries(plugins))('%s: has the fields that k9s requires, and a command of acksm', (_name, plugin) => {
    expect(plugin).toEqual({
      shortCut: expect.stringMatching(/^Shift-[A-Z]$/),
      description: expect.any(String),
      scopes: expect.arrayContaining([expect.stringMatching(/^(cluster)?(externalsecrets|secretstores)$/)]),
      command: expect.stringMatching(/^(acksm|sh)$/),
      args: expect.any(Array),
    })
    const { command, args } = plugin as { command: string; args: string[] }
    const [name = ''] = command === 'acksm' ? args : (args[1]?.split(' ').slice(1) ?? [])
    expect(existsSync(new URL(`${name}.ts`, known))).toBe(true)
  })
})

describe('Kustomize', () => {
  vi.setConfig({ testTimeout: 10 * 60_000 })
  const directory = directoryOfTests()
  const guide = readFileSync(new URL('docs/guides/gitops.md', ROOT), 'utf8')
  const references = /^```yaml\n(nameReference:.*?)^```$/ms.exec(guide)?.[1] ?? ''

  it.each([
    ['the configuration of the guide', true, /^dev-(texts|ak)-\w{10}$|^dev-(kms|web)$/],
    ['no configuration', false, /^(texts|ak|kms|web)$/],
  ])('with %s refers to objects by these names', async (_what, isConfigured, names) => {
    const folder = mkdtempSync(path.join(directory, 'kustomize-'))
    const resources = ['SecretStore', 'ExternalSecret', 'Deployment'].map((kind) => `${kind}.yaml`)
    const write = (name: string, content: unknown): void => writeFileSync(path.join(folder, name), stringify(content))
    const object = (kind: string, name: string, spec: object): void =>
      write(`${kind}.yaml`, {
        apiVersion: kind === 'Deployment' ? 'apps/v1' : 'alibabacloud.com/v1alpha1',
        kind,
        metadata: { name },
        spec,
      })
    const key = { name: 'ak', key: 'id' }
    const entry = { key: 'a', secretStoreRef: { name: 'kms' } }
    const templateFrom = [
      { configMap: { name: 'texts', items: [{ key: 'k' }] } },
      { secret: { name: 'ak', items: [{ key: 'id' }] } },
    ]
    object('SecretStore', 'kms', { KMS: { KMSAuth: { accessKey: key, accessKeySecret: key } } })
    object('ExternalSecret', 'web', {
      data: [entry],
      dataProcess: [{ extract: entry }],
      target: { template: { templateFrom } },
    })
    object('Deployment', 'web', { template: { spec: { containers: [{ envFrom: [{ secretRef: { name: 'web' } }] }] } } })
    write('names.yaml', parse(references))
    write('kustomization.yaml', {
      resources,
      namePrefix: 'dev-',
      configMapGenerator: [{ name: 'texts', literals: ['k=v'] }],
      secretGenerator: [{ name: 'ak', literals: ['id=x'] }],
      ...(isConfigured && { configurations: ['names.yaml'] }),
    })
    const built = execFileSync(await kubectlBinary(), ['kustomize', folder], { encoding: 'utf8' })
    const specs = built.split('\n---\n').map((text) => (parse(text) as { spec?: object }).spec)
    const found = [...JSON.stringify(specs).matchAll(/"name":"([^"]+)"/g)].map(([, name = '']) => name)
    expect(found).toHaveLength(7)
    expect(found.filter((name) => !names.test(name))).toEqual([])
  })
})
