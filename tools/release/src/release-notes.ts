import { readFileSync } from 'node:fs'

/** The entries of a version in the changelog. @throws Error if it has none */
export function releaseNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1)
  const section = sections.find((each) => each.startsWith(`${version} - `) || each.startsWith(`${version}\n`))
  const notes = section?.slice(section.indexOf('\n')).trim() ?? ''
  if (notes === '') throw new Error(`CHANGELOG.md: nothing under "## ${version}"`)
  return `${notes}\n`
}

if (import.meta.main) {
  const [version = ''] = process.argv.slice(2)
  const changelog = readFileSync(new URL('../../../CHANGELOG.md', import.meta.url), 'utf8')
  try {
    process.stdout.write(releaseNotes(changelog, version))
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown error'
    process.stderr.write(`${why}; usage: npm run release-notes -- VERSION\n`)
    process.exitCode = 2
  }
}
