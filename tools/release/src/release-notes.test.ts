import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { releaseNotes } from './release-notes.ts'

const CHANGELOG =
  '# Changelog\n\n## Unreleased\n\n## 1.2.0 - 2030-01-02\n\n### CLI\n\n- New.\n\n## 1.1.0 - 2029-01-02\n\n- Old.\n'

it.each([
  ['1.2.0', '### CLI\n\n- New.\n'],
  ['1.1.0', '- Old.\n'],
])('are the section of %s', (version, notes) => expect(releaseNotes(CHANGELOG, version)).toBe(notes))

it.each(['1.2', '9.9.9', 'Unreleased'])('do not exist for %s', (version) => {
  expect(() => releaseNotes(CHANGELOG, version)).toThrow(`nothing under "## ${version}"`)
})

it.each([[], ['--help'], ['9.9.9']])('say in one line what to type: %j', (...argv) => {
  const script = fileURLToPath(new URL('release-notes.ts', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...argv], { encoding: 'utf8' })
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/^CHANGELOG\.md: nothing under "## .*"; usage: npm run release-notes -- VERSION\n$/)
})
