import { describe, expect, it } from 'vitest'
import { updateChangelog, updateManifest, VERSION_PLACES } from './version-places.ts'

describe('a manifest', () => {
  it.each([
    ['its own version', '{ "version": "0.1.0" }', '{ "version": "0.2.0" }'],
    ['a package of ours', '{ "@ack-secret-manager/core": "0.1.0" }', '{ "@ack-secret-manager/core": "0.2.0" }'],
    ['a range of ours', '{ "@ack-secret-manager/core": "^0.1.0" }', '{ "@ack-secret-manager/core": "^0.2.0" }'],
    ['no other dependency', '{ "zod": "0.1.0" }', '{ "zod": "0.1.0" }'],
    ['no package that is not released', '{ "version": "0.0.0" }', '{ "version": "0.0.0" }'],
    ['no text that only looks like the version', '{ "version": "0x1y0" }', '{ "version": "0x1y0" }'],
  ])('updates %s', (_what, before, after) => expect(updateManifest(before, '0.1.0', '0.2.0')).toBe(after))
})

describe('the changelog', () => {
  it('keeps an empty Unreleased section, and dates the release', () => {
    const text = '# Changelog\n\n## Unreleased\n\n### Added\n\n- It.\n'
    expect(updateChangelog(text, '0.2.0', '2030-01-02')).toBe(
      '# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2030-01-02\n\n### Added\n\n- It.\n',
    )
  })

  it.each([
    ['without the heading', '# Changelog\n'],
    ['with nothing below it', '# Changelog\n\n## Unreleased\n\n## 0.1.0 - 2030-01-02\n\n- It.\n'],
  ])('%s is not a release', (_what, text) => {
    expect(() => updateChangelog(text, '0.2.0', '2030-01-02')).toThrow('say what users get')
  })
})

it('changes no third-party package in the lockfile', () => {
  const packages = {
    '': { version: '0.1.0' },
    'node_modules/other': { version: '0.1.0' },
    'packages/core': { version: '0.1.0' },
  }
  const place = VERSION_PLACES.find(({ files }) => files.includes('package-lock.json'))
  const updated = place?.update(JSON.stringify({ version: '0.1.0', packages }), '0.1.0', '0.2.0') ?? ''
  expect(JSON.parse(updated)).toEqual({
    version: '0.2.0',
    packages: {
      '': { version: '0.2.0' },
      'node_modules/other': { version: '0.1.0' },
      'packages/core': { version: '0.2.0' },
    },
  })
})
