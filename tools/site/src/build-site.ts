import { fileURLToPath } from 'node:url'
import { build } from 'vitepress'

/** Builds the site into a directory. A dead link or an unreadable page rejects. */
export async function buildSite(outDir: string): Promise<void> {
  await build(fileURLToPath(new URL('..', import.meta.url)), { outDir })
}
