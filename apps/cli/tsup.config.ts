import { application, templateEngine } from '@ack-secret-manager/build'
import { cp } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** What the page of `acksm ui` consists of; built before, as a dependency. */
const pages = fileURLToPath(new URL('../ui/dist/pages', import.meta.url))

// In chunks, so that a command loads only what it needs.
export default application({
  entry: { index: 'src/index.ts', main: 'src/main.ts', ...templateEngine.entry },
  // Types included: the package has no dependencies. tsup finds those of a package by the field `types` only.
  dts: { entry: ['src/index.ts'], resolve: [/^@ack-secret-manager\//] },
  splitting: true,
  publicDir: templateEngine.publicDir,
  onSuccess: () => cp(pages, fileURLToPath(new URL('dist/pages', import.meta.url)), { recursive: true }),
})
