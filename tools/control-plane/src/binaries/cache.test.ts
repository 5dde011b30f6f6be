import { mkdir, mkdtempDisposable, readdir, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { type BuildInput, cacheKey, cacheRoot, fill } from './cache.ts'

it.each([
  [{ ACKSM_CACHE_DIR: '/c', XDG_CACHE_HOME: '/x' }, '/c'],
  [{ XDG_CACHE_HOME: '/x' }, '/x/ack-secret-manager'],
  [{ ACKSM_CACHE_DIR: '', XDG_CACHE_HOME: '' }, '/home/me/.cache/ack-secret-manager'],
])('finds the cache with %o', (env, root) => expect(cacheRoot(env, '/home/me')).toBe(root))

const input: BuildInput = {
  versions: { go: '1.26.0', kubernetes: '1.36.3', etcd: '3.6.8' },
  sources: { 'go.mod': 'module a', 'main.go': 'package main' },
  platform: 'linux',
  arch: 'x64',
}

it('names the versions and the machine', () => {
  expect(cacheKey(input)).toMatch(/^control-plane-k8s-1\.36\.3-etcd-3\.6\.8-[0-9a-f]{12}-linux-x64$/)
})

it('does not depend on the order of the sources', () => {
  const sources = { 'main.go': 'package main', 'go.mod': 'module a' }
  expect(cacheKey({ ...input, sources })).toBe(cacheKey(input))
})

it.each<[string, Partial<BuildInput>]>([
  ['a source', { sources: { ...input.sources, 'main.go': 'package main // changed' } }],
  ['a boundary between sources', { sources: { 'go.mod': 'module apackage', 'main.go': ' main' } }],
  ['a version', { versions: { ...input.versions, etcd: '3.6.9' } }],
  ['the machine', { arch: 'arm64' }],
])('changes with %s', (_what, change) => expect(cacheKey({ ...input, ...change })).not.toBe(cacheKey(input)))

it('removes what a killed process left a day ago, and nothing else', async () => {
  await using cache = await mkdtempDisposable(path.join(tmpdir(), 'acksm-cache-'))
  const yesterday = new Date(Date.now() - 90_000_000)
  for (const name of ['helm.partial-old', 'helm.partial-new', 'kubectl']) {
    await mkdir(path.join(cache.path, name))
    if (name !== 'helm.partial-new') await utimes(path.join(cache.path, name), yesterday, yesterday)
  }
  const options = { progress: { stage: () => undefined }, signal: new AbortController().signal }
  await fill(path.join(cache.path, 'helm'), options, (directory) => writeFile(path.join(directory, 'helm'), ''))
  expect((await readdir(cache.path)).toSorted()).toEqual(['helm', 'helm.partial-new', 'kubectl'])
})
