import { readFileSync } from 'node:fs'
import path from 'node:path'

/** An npm package with code in a bundle. */
export interface BundledPackage {
  readonly directory: string
  readonly name: string
  readonly version: string
  /** Licence in its manifest, SPDX or not; empty if there is none. */
  readonly licence: string
  /** Its author, without addresses; empty if the manifest has none. */
  readonly author: string
}

/** Outputs in the metafile of esbuild: number of bytes from each input file. */
interface Metafile {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >
}

/**
 * Packages in `node_modules` with code in the bundle, sorted by name and version, without duplicates and without hidden folders such as
 * caches.
 */
export function bundledPackages({ outputs }: Metafile, root: string): readonly BundledPackage[] {
  const files = Object.values(outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).filter((file) => (inputs[file]?.bytesInOutput ?? 0) > 0),
  )
  const directories = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/.][^/]*/.exec(file)?.[0] ?? []))
  const found = [...directories].map((directory) => packageAt(path.resolve(root, directory)))
  return [...new Map(found.map((each) => [`${each.name} ${each.version}`, each])).values()].toSorted((a, b) =>
    `${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1,
  )
}

function packageAt(directory: string): BundledPackage {
  const manifest = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as {
    readonly name: string
    readonly version: string
    readonly license?: string
    readonly author?: string | { readonly name: string }
  }
  const { name, version, license = '', author = '' } = manifest
  const who = typeof author === 'string' ? author : author.name
  return { directory, name, version, licence: license, author: who.replace(/\s*[<(].*/, '') }
}
