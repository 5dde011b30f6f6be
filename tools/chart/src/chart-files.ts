import { readdirSync, readFileSync } from 'node:fs'
import { valuesSchema } from './values-schema.ts'

/** Root of the checkout. */
export const ROOT = new URL('../../../', import.meta.url)
const CRDS = new URL('packages/resources/crds/', ROOT)

/** Content of every file of the chart that is made from something else, by its path in the repository. */
export function chartFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  files.set('apps/operator/chart/values.schema.json', `${JSON.stringify(valuesSchema(), undefined, 2)}\n`)
  for (const name of readdirSync(CRDS)) {
    files.set(`apps/operator/chart/files/crds/${name}`, readFileSync(new URL(name, CRDS), 'utf8'))
  }
  return files
}
