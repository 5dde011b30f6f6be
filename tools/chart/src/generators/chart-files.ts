import { readdirSync, readFileSync } from 'node:fs'
import { dashboard } from './dashboard.ts'
import { metricsPage } from './metrics-page.ts'
import { plainManifests } from './plain-manifests.ts'
import { ROOT } from '../root.ts'
import { readmeWithValues } from './values-table.ts'
import { valuesSchema } from './values-schema.ts'

const CHART = 'apps/operator/chart'
const CRDS = new URL('packages/resources/crds/', ROOT)

/** Content of every generated file of the chart and of the metrics page, by path in the repository. */
export function chartFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  files.set(`${CHART}/values.schema.json`, `${JSON.stringify(valuesSchema(), undefined, 2)}\n`)
  for (const name of readdirSync(CRDS)) {
    files.set(`${CHART}/files/crds/${name}`, readFileSync(new URL(name, CRDS), 'utf8'))
  }
  files.set(`${CHART}/files/dashboard.json`, `${JSON.stringify(dashboard(), undefined, 2)}\n`)
  files.set('docs/reference/metrics.md', metricsPage())
  const readme = `${CHART}/README.md`
  const values = readFileSync(new URL(`${CHART}/values.yaml`, ROOT), 'utf8')
  files.set(readme, readmeWithValues(readFileSync(new URL(readme, ROOT), 'utf8'), values))
  return files
}

/** Content of every file generated from the chart, after {@link chartFiles} are written. */
export async function deployFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([...(await plainManifests())].map(([name, text]) => [`deploy/${name}`, text]))
}
