import { globSync } from 'node:fs'
import { VersionActions } from 'nx/release'
import { updateChangelog, updateManifest, VERSION_PLACES } from './version-places.ts'

type Tree = Parameters<VersionActions['init']>[0]

/** The project whose chart, image and changelog contain the version; its release also updates these files. */
const LEADING = '@ack-secret-manager/operator'

/**
 * Reads and writes versions for `nx release version`. The package of Nx for this depends on a second Nx and Babel (docs/adr/019). All
 * changes go through the tree, so `--dry-run` shows and does not write them.
 */
export default class OneVersionActions extends VersionActions {
  readonly validManifestFilenames = ['package.json']
  /** The format of the manifests is unchanged. */
  override excludeManifestsFromFormatting = true

  override readCurrentVersionFromSourceManifest(
    tree: Tree,
  ): Promise<{ readonly currentVersion: string; readonly manifestPath: string }> {
    return Promise.resolve({ currentVersion: this.#versionIn(tree), manifestPath: this.#manifest })
  }

  /** @throws Error always, because the version is in the manifests, and a release needs no network before it publishes */
  override readCurrentVersionFromRegistry(): Promise<never> {
    return Promise.reject(new Error('the version is read from the manifests: leave currentVersionResolver at "disk"'))
  }

  override readCurrentVersionOfDependency(
    tree: Tree,
    _graph: unknown,
    dependency: string,
  ): Promise<{ readonly currentVersion: string | null; readonly dependencyCollection: string | null }> {
    const manifest = JSON.parse(read(tree, this.#manifest)) as Record<string, Record<string, string> | undefined>
    const collection = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'].find(
      (each) => manifest[each]?.[dependency] !== undefined,
    )
    const currentVersion = collection === undefined ? null : (manifest[collection]?.[dependency] ?? null)
    return Promise.resolve({ currentVersion, dependencyCollection: collection ?? null })
  }

  /** Updates the manifest and the ranges of workspace packages, which all have the same version. */
  override updateProjectVersion(tree: Tree, version: string): Promise<string[]> {
    const former = this.#versionIn(tree)
    tree.write(this.#manifest, updateManifest(read(tree, this.#manifest), former, version))
    if (this.projectGraphNode.name !== LEADING) return Promise.resolve([])
    const files = VERSION_PLACES.flatMap(({ files: globs, update }) =>
      globSync([...globs], { cwd: tree.root, exclude: ['**/node_modules'] }).map((file) => {
        tree.write(file, update(read(tree, file), former, version))
        return file
      }),
    )
    const today = new Date().toISOString().slice(0, 'yyyy-mm-dd'.length)
    tree.write('CHANGELOG.md', updateChangelog(read(tree, 'CHANGELOG.md'), version, today))
    return Promise.resolve([`With it go ${new Set(files).size} files that name the version, and CHANGELOG.md`])
  }

  /** Does nothing, because the version update includes them. */
  override updateProjectDependencies(): Promise<string[]> {
    return Promise.resolve([])
  }

  get #manifest(): string {
    return `${this.projectGraphNode.data.root}/package.json`
  }

  #versionIn(tree: Tree): string {
    return (JSON.parse(read(tree, this.#manifest)) as { version: string }).version
  }
}

function read(tree: Tree, file: string): string {
  const text = tree.read(file, 'utf8')
  if (text === null) throw new Error(`${file}: not there`)
  return text
}
