import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The built pages: next to the bundle of a published package, or in the workspace of a checkout. */
export function pagesDirectory(): string {
  const published = fileURLToPath(new URL('pages', import.meta.url))
  return existsSync(published) ? published : fileURLToPath(new URL('../../../ui/dist/pages', import.meta.url))
}
