import { readFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT, workspaces } from './workspaces.ts'

/** A package in the lockfile. */
export interface LockedPackage {
  readonly name?: string
  readonly version?: string
  readonly license?: string
  readonly link?: true
  readonly resolved?: string
  readonly integrity?: string
  readonly hasInstallScript?: true
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** A published package, or a package installed with one. */
export interface ShippedPackage {
  readonly name: string
  readonly version: string
  /** Licence in its manifest, SPDX or not; empty if there is none. */
  readonly licence: string
  /** `sha512-…`, base64; undefined for our own. */
  readonly integrity: string | undefined
  /** `name@version` of its dependencies. */
  readonly needs: readonly string[]
}

/** Libraries of tests. All other development dependencies of a program are in its bundle, or are workspaces of tools. */
const TEST_LIBRARIES: ReadonlySet<string> = new Set(['fast-check'])

/** Packages by path below the checkout. */
export function lockedPackages(): Readonly<Record<string, LockedPackage>> {
  const text = readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')
  return (JSON.parse(text) as { packages: Readonly<Record<string, LockedPackage>> }).packages
}

/**
 * The published packages and everything that is installed with them or bundled in them, except peer dependencies. Follows the lockfile from their manifests,
 * because `npm sbom --omit dev` also omits packages that any workspace needs for development, such as the KMS SDK, undici and zod.
 */
export function shippedPackages(): readonly ShippedPackage[] {
  const locked = lockedPackages()
  const published = workspaces()
  const programs = new Set(published.flatMap(({ layer, directory }) => (layer === 'app' ? placeIn(directory) : [])))
  const isBundled = (name: string): boolean =>
    !TEST_LIBRARIES.has(name) && !locked[`node_modules/${name}`]?.resolved?.startsWith('tools/')
  const open = published.map(({ directory }) => placeIn(directory))
  const found = new Map<string, ShippedPackage>()
  for (const where of open) {
    if (found.has(where)) continue
    const { dependencies, optionalDependencies, devDependencies = {}, ...one } = locked[where] ?? {}
    const bundled = programs.has(where) ? Object.keys(devDependencies).filter(isBundled) : []
    const needed = [...Object.keys({ ...dependencies, ...optionalDependencies }), ...bundled]
    const needs = needed.flatMap((name) => placeOf(locked, where, name) ?? [])
    open.push(...needs)
    found.set(where, {
      name: nameAt(locked, where),
      version: one.version ?? '',
      licence: one.license ?? '',
      integrity: one.integrity,
      needs: needs.map((place) => `${nameAt(locked, place)}@${locked[place]?.version}`),
    })
  }
  return eachOnce([...found.values()]).toSorted((a, b) => (refOf(a) < refOf(b) ? -1 : 1))
}

function placeIn(directory: string): string {
  return path.relative(ROOT, directory)
}

/** Reference to a package. */
export function refOf({ name, version }: Pick<ShippedPackage, 'name' | 'version'>): string {
  return `${name}@${version}`
}

/** The same version may be installed at several paths with different dependencies. */
function eachOnce(packages: readonly ShippedPackage[]): readonly ShippedPackage[] {
  const byRef = new Map<string, ShippedPackage>()
  for (const each of packages) {
    const needs = new Set([...(byRef.get(refOf(each))?.needs ?? []), ...each.needs])
    byRef.set(refOf(each), { ...each, needs: [...needs] })
  }
  return [...byRef.values()]
}

function nameAt(locked: Readonly<Record<string, LockedPackage>>, where: string): string {
  return locked[where]?.name ?? where.slice(where.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

/** Path at which Node resolves a package from `from`; undefined for a missing optional package. */
function placeOf(locked: Readonly<Record<string, LockedPackage>>, from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    const place = path.posix.join(at, 'node_modules', name)
    const found = locked[place]
    if (found) return found.link === true ? found.resolved : place
    if (at === '') return undefined
  }
}
