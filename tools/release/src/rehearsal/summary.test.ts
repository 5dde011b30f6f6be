import { expect, it } from 'vitest'
import { duration, summaryOf } from './summary.ts'

const FIGURES = [
  { type: 'published', message: 'npm: 28 packages' },
  { type: 'first use', message: 'npx cli --version: 2.1 s, 3.3 MB to download' },
  { type: 'notice', message: 'of another test' },
  { type: 'library', message: '1.0 MB installed' },
  { type: 'published', message: 'image linux/amd64: 55.0 MiB' },
]

it('has the figures in columns, and what this machine cannot rehearse', () => {
  expect(summaryOf({ version: '1.2.3', seconds: 125, arch: 'x64', figures: FIGURES })).toBe(`\
Published to registries on this machine:
  npm                28 packages
  image linux/amd64  55.0 MiB

From an empty folder and an empty cluster, with only these registries:
  npx cli --version  2.1 s, 3.3 MB to download
  npm i LIBRARY      1 installed by the line of their README, and imported

Only in the workflow on GitHub: the image for arm64, keyless signatures, SBOM and provenance, npm's trusted publishing.

The rehearsal of 1.2.3 passed in 2 min 5 s. Nothing was published outside this machine; the registries are deleted.
`)
  expect(summaryOf({ version: '1.2.3', seconds: 1, arch: 'arm64', figures: FIGURES })).toContain('image for amd64')
})

it('is no success without figures', () => {
  const figures = FIGURES.filter(({ type }) => type !== 'first use')
  expect(() => summaryOf({ version: '1.2.3', seconds: 1, arch: 'x64', figures })).toThrow(
    'the rehearsal has measured nothing for "From an empty folder',
  )
})

it.each([
  [0.4, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 min 0 s'],
  [3_725, '62 min 5 s'],
])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text))
