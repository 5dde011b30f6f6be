import { globSync, readFileSync } from 'node:fs'

/** Layers from the bottom up; a package may import only from layers below its own (docs/architecture.md). */
const order = ['contract', 'unit', 'engine', 'composition', 'app']
/** Tests, and what only they use. */
const TEST_FILES = '\\.test\\.ts$|/testing/'
/** Imports inside one layer that the design allows. */
const mayAlso = {
  'packages/k8s-writer': ['packages/k8s-client'],
  'packages/resources': ['packages/core'],
  'packages/testkit': ['packages/core'],
  'packages/alicloud-openapi': ['packages/core'],
  'packages/command-line': ['packages/core'],
  'packages/resource-view': ['packages/stores'],
  'apps/cli': ['apps/ui'],
}

const projects = globSync('{packages,apps}/*/package.json').map((file) => {
  const layer = JSON.parse(readFileSync(file, 'utf8'))
    .nx?.tags?.find((tag) => tag.startsWith('layer:'))
    ?.slice('layer:'.length)
  if (!order.includes(layer)) throw new Error(`${file}: nx.tags names no known layer (${order.join(', ')})`)
  return { dir: file.slice(0, -'/package.json'.length), layer }
})

const layerRules = projects.flatMap(({ dir, layer }) => {
  const not = projects.filter(
    (other) =>
      other.dir !== dir && !mayAlso[dir]?.includes(other.dir) && order.indexOf(other.layer) >= order.indexOf(layer),
  )
  // An empty `to.path` would match everything.
  if (not.length === 0) return []
  return [
    {
      name: `layer:${layer}`,
      severity: 'error',
      from: { path: `^${dir}/src/`, pathNot: TEST_FILES },
      to: { path: not.map((other) => `^${other.dir}/`) },
    },
  ]
})

/** What ships does not import what tests, builds or releases it. */
const productRule = {
  name: 'product-apart-from-tools',
  severity: 'error',
  from: { path: '^(packages|apps)/[^/]+/src/', pathNot: TEST_FILES },
  to: { path: '^(tools|e2e)/' },
}

/** Another package is imported by its name, which gives no access to its internal modules. */
const byNameRule = {
  name: 'other-packages-by-name',
  severity: 'error',
  from: { path: '^(packages|apps|tools|e2e)/([^/]+)/' },
  to: { path: '^(packages|apps|tools|e2e)/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
}

/** Applications install the client, so it must stay small: no SDK, and nothing of Kubernetes. */
const smallClientRule = {
  name: 'small-client',
  severity: 'error',
  from: { path: '^packages/client/src/', pathNot: [TEST_FILES, '\\.example\\.ts$'] },
  to: {
    path: '^packages/',
    pathNot: '^packages/(client|core|alicloud-openapi|auth-(?!sdk)[a-z-]+|backend-kms-instance)/',
  },
}

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    productRule,
    byNameRule,
    smallClientRule,
    ...layerRules,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@ack-secret-manager/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js'],
    },
  },
}
