import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock } from '@ack-secret-manager/core'
import { expect, it, onTestFinished } from 'vitest'
import { backendPlugin } from './backend-plugin.ts'

async function identityFile(content: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'age-files-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(path.join(folder, 'key.txt'), content)
  return path.join(folder, 'key.txt')
}

it('reads a key file of age-keygen', async () => {
  const file = await identityFile('# created: today\n# public key: age1…\nAGE-SECRET-KEY-1CANARY\n')
  const env = { AGE_FILES_DIR: '/secrets', AGE_FILES_IDENTITY_FILE: file }
  const { key, quota } = backendPlugin.connect({ folder: 'team-a' }, { env, clock: systemClock })
  expect(quota.account).toBe('/secrets/team-a')
  expect(key).not.toContain('CANARY')
})

it.each([
  ['no folder', { AGE_FILES_IDENTITY_FILE: '/x' }, /AGE_FILES_DIR is not set/],
  ['no key', { AGE_FILES_DIR: '/x' }, /AGE_FILES_IDENTITY_FILE is not set/],
  [
    'a key file that does not exist',
    { AGE_FILES_DIR: '/x', AGE_FILES_IDENTITY_FILE: '/nowhere' },
    /cannot be read \(ENOENT\)/,
  ],
])('throws if the environment has %s', (_rule, env, message) => {
  expect(() => backendPlugin.connect({}, { env, clock: systemClock })).toThrowError(
    expect.objectContaining({ code: 'Unauthenticated', message: expect.stringMatching(message) }),
  )
})

it('throws if the key file contains no key', async () => {
  const env = { AGE_FILES_DIR: '/x', AGE_FILES_IDENTITY_FILE: await identityFile('hello') }
  expect(() => backendPlugin.connect({}, { env, clock: systemClock })).toThrowError(/contains no AGE-SECRET-KEY-/)
})

it.each([{ folder: '../elsewhere' }, { folder: '/etc' }, { folder: 'a/../b' }, { folder: '' }, { directory: '/etc' }])(
  'rejects the config %j',
  (config) => expect(backendPlugin.optionsSchema['~standard'].validate(config)).toHaveProperty('issues'),
)
