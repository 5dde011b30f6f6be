import { expect, it } from 'vitest'
import { type BuildInput, cacheKey, cacheRoot } from './cache.ts'

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
