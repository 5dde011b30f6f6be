import { fileURLToPath } from 'node:url'

/** Folder of the manifests that the demo applies; its README describes the same steps for manual use. */
export const QUICKSTART = fileURLToPath(new URL('../../../examples/quickstart/', import.meta.url))

/** Simulator data of {@link QUICKSTART}. */
export const QUICKSTART_SEED = fileURLToPath(new URL('../../../examples/seeds/quickstart.yaml', import.meta.url))

/** A file of {@link QUICKSTART}. */
export function quickstart(file: string): string {
  return `${QUICKSTART}${file}`
}
