/** A file that contains the version, and its update to the next one. */
export interface VersionPlace {
  /** Globs relative to the root of the checkout. */
  readonly files: readonly string[]
  /** @returns the text with `from` replaced by `to` */
  readonly update: (text: string, from: string, to: string) => string
}

/** Versions outside the manifests of published packages, which `nx release` updates itself. */
export const VERSION_PLACES: readonly VersionPlace[] = [
  {
    files: [
      'package.json',
      'tools/*/package.json',
      'e2e/*/package.json',
      'examples/*/package.json',
      'packages/create-backend/templates/workspace/package.json.template',
    ],
    update: updateManifest,
  },
  { files: ['package-lock.json'], update: updateLockfile },
  { files: ['apps/operator/chart/Chart.yaml'], update: replaced((version) => `ersion: ${version}\n`) },
  { files: ['Dockerfile'], update: replaced((version) => `ARG VERSION=${version}\n`) },
  { files: ['deploy/*.yaml'], update: replaced((version) => `app.kubernetes.io/version: "${version}"`) },
  { files: ['deploy/*.yaml'], update: replaced((version) => `app.kubernetes.io/version: ${version}\n`) },
  {
    files: ['deploy/*.yaml', 'docs/install.md', 'docs/zh/install.md'],
    update: replaced((version) => `ack-secret-manager:${version}`),
  },
]

/** The manifest with an updated version and updated workspace dependencies; nothing else changes, not even a space. */
export function updateManifest(text: string, from: string, to: string): string {
  const version = /("(?:version|@ack-secret-manager\/[a-z0-9-]+)": "[\^~]?)([^"]+)"/g
  return text.replace(version, (whole, before: string, found: string) => (found === from ? `${before}${to}"` : whole))
}

/** The changelog with the unreleased entries under the new version. @throws Error if there are none */
export function updateChangelog(text: string, version: string, date: string): string {
  const [before = '', after] = text.split('## Unreleased\n')
  if (after === undefined || after.split('\n## ')[0]?.trim() === '') {
    throw new Error('CHANGELOG.md: nothing under "## Unreleased": say what users get before you release it')
  }
  return `${before}## Unreleased\n\n## ${version} - ${date}\n${after}`
}

function updateLockfile(text: string, from: string, to: string): string {
  const lockfile = JSON.parse(text) as { version: string; packages: Record<string, object> }
  const { packages } = lockfile
  const isOurs = (where: string): boolean => !where.includes('node_modules/')
  const updated = Object.entries(packages).map(([where, entry]) => [
    where,
    isOurs(where) ? (JSON.parse(updateManifest(JSON.stringify(entry, undefined, 2), from, to)) as object) : entry,
  ])
  const version = lockfile.version === from ? to : lockfile.version
  return `${JSON.stringify({ ...lockfile, version, packages: Object.fromEntries(updated) }, undefined, 2)}\n`
}

function replaced(sentence: (version: string) => string): VersionPlace['update'] {
  return (text, from, to) => text.replaceAll(sentence(from), sentence(to))
}
