import { globSync } from 'node:fs'
import { VersionActions } from 'nx/release'
import { updateChangelog, updateManifest, VERSION_PLACES } from './version-places.ts'

type Tree = Parameters<VersionActions['init']>[0]

/** The project whose chart, image and changelog name the version: with it change files that are no manifests. */
const LEADING = '@ack-secret-manager/operator'

/**
 * How `nx release version` reads and writes versions here. Nx's own way is a package that brings a second Nx and Babel with it
 * (docs/adr/019). All goes through the tree: `--dry-run` shows each change and writes none.
 */
export default class OneVersionActions extends VersionActions {
  readonly validManifestFilenames = ['package.json']
  /** The manifests keep the format that they have. */
  override excludeManifestsFromFormatting = true

  override readCurrentVersionFromSourceManifest(
    tree: Tree,
  ): Promise<{ readonly currentVersion: string; readonly manifestPath: string }> {
    return Promise.resolve({ currentVersion: this.#versionIn(tree), manifestPath: this.#manifest })
  }

  /** @throws Error always: the manifests say what the version is, and a release needs no network until it publishes */
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

  /** Writes the manifest, ranges of our own packages included: they have one version. */
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

  /** Nothing: they went with the version. */
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
