import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))

/** The used parts of a `package.json`. */
export interface PublicManifest {
  readonly name: string
  readonly license: string
  readonly repository: object
  readonly dependencies?: object
  readonly peerDependencies?: object
}

/** A package that a release publishes. */
export interface PublicPackage {
  /** Its folder, from the root of the checkout. */
  readonly place: string
  readonly manifest: PublicManifest
}

/** All packages that a release publishes, by folder. */
export function publicPackages(): readonly PublicPackage[] {
  return globSync('{packages,apps}/*/package.json', { cwd: ROOT })
    .toSorted()
    .map((file) => {
      const manifest = JSON.parse(readFileSync(path.join(ROOT, file), 'utf8')) as PublicManifest & { private?: boolean }
      return { place: path.dirname(file), manifest, isPrivate: manifest.private === true }
    })
    .filter(({ isPrivate }) => !isPrivate)
    .map(({ place, manifest }) => ({ place, manifest }))
}
