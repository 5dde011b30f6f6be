import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { imageParts } from './image-parts.ts'
import { checkMachine, ImageUnavailable } from './image-unavailable.ts'

/** Fakes of the download programs, with just enough output for the next step. */
const FETCHES = {
  'apt-get': 'case "$*" in *" download "*) touch ca-certificates.deb;; esac',
  'dpkg-deb': 'mkdir -p "$3/usr/share/ca-certificates/mozilla"',
  npm: 'echo other > npm.tgz; echo npm.tgz',
}

describe('an image cannot be built', () => {
  let directory: string
  beforeEach(async ({ skip }) => {
    try {
      checkMachine()
    } catch (error) {
      if (!(error instanceof ImageUnavailable)) throw error
      skip(error.message)
    }
    directory = await mkdtemp(path.join(tmpdir(), 'acksm-image-parts-'))
    vi.stubEnv('PATH', `${directory}:${process.env['PATH'] ?? ''}`)
    vi.stubEnv('IMAGE_BUILD', 'fresh')
    vi.stubEnv('ACKSM_CACHE_DIR', path.join(directory, 'cache'))
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  })

  const NO_MIRROR = /^the lists of Debian's packages could not be had: .*E: no mirror$/
  it.each([
    { where: 'no mirror answers', programs: { 'apt-get': 'echo "E: no mirror" >&2; exit 100' }, says: NO_MIRROR },
    {
      where: 'no registry answers',
      programs: { npm: 'echo gone >&2; exit 1' },
      says: /^npm@\S+ could not be had: .*gone$/,
    },
  ])('on this machine, and its tests are skipped: $where', async ({ programs, says }) => {
    expect(await failureWith(programs)).toEqual(
      expect.objectContaining({ name: 'ImageUnavailable', message: expect.stringMatching(says) }),
    )
  })

  it.each([
    { where: 'npm has another hash', programs: {}, says: /^npm@\S+ of the registry has SHA-256 / },
    { where: 'a package is broken', programs: { 'dpkg-deb': 'echo broken >&2; exit 2' }, says: /broken$/ },
    {
      where: 'a package is not known',
      programs: { 'apt-get': 'case "$*" in *install*) exit 100;; esac' },
      says: /install/,
    },
  ])('on any machine, and its tests fail: $where', async ({ programs, says }) => {
    expect(await failureWith(programs)).toEqual(
      expect.objectContaining({ name: 'Error', message: expect.stringMatching(says) }),
    )
    expect(await readdir(path.join(directory, 'cache'))).toEqual([])
  })

  async function failureWith(programs: Partial<typeof FETCHES>): Promise<unknown> {
    for (const [name, script] of Object.entries({ ...FETCHES, ...programs })) {
      await writeFile(path.join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    }
    return imageParts().catch((error: unknown) => error)
  }
})
