import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { describe, expect, it } from 'vitest'
import { loadSeed, parseSeed } from './load-seed.ts'

const directory = directoryOfTests()

async function load(text: string): Promise<unknown> {
  const path = join(directory, 'seed.yaml')
  await writeFile(path, text)
  return loadSeed(path)
}

const versions = [{ id: 'v1', data: 'x' }]

describe('a seed', () => {
  it('may be empty', async () => {
    expect(await load('')).toEqual({
      account: '1234567890123456',
      region: 'cn-hangzhou',
      accessKeys: [],
      quota: {},
      secrets: [],
    })
  })

  it.each([
    ['an unknown field', { secrets: [{ name: 'a', versions, colour: 'red' }] }, 'secrets[0].colour: unknown field'],
    ['a field of the wrong type', { quota: { getSecretValuePerSecond: 'many' } }, 'quota.getSecretValuePerSecond'],
    ['a name that KMS rejects', { secrets: [{ name: 'a b', versions }] }, 'secrets[0].name'],
    ['an unknown type', { secrets: [{ name: 'a', type: 'X', versions }] }, 'secrets[0].type'],
    ['a secret without a version', { secrets: [{ name: 'a', versions: [] }] }, 'secrets[0].versions'],
    ['a version without data', { secrets: [{ name: 'a', versions: [{ id: 'v1' }] }] }, 'data or dataBase64'],
    [
      'two versions without a current one',
      { secrets: [{ name: 'a', versions: [...versions, { id: 'v2', data: 'y' }] }] },
      'ACSCurrent',
    ],
    [
      'a duplicate name',
      {
        secrets: [
          { name: 'a', versions },
          { name: 'a', versions },
        ],
      },
      'two secrets',
    ],
    ['a temporary key without a token', { accessKeys: [{ id: 'STS.a', secret: 'b' }] }, 'accessKeys[0]: a key STS.'],
    [
      'a machine whose role does not exist',
      { metadata: { role: 'none' }, roles: [] },
      'metadata.role: there is no role',
    ],
    [
      'a role with unlimited sessions',
      { roles: [{ name: 'a', maxSessionSeconds: 43_201 }] },
      'roles[0].maxSessionSeconds',
    ],
    [
      'an identity provider without keys',
      { oidcProviders: [{ arn: 'acs:ram::1:oidc-provider/a', issuer: 'https://a' }] },
      'oidcProviders[0]: needs one of jwks',
    ],
    [
      'a duplicate client key',
      { instances: [{ id: 'kst-a', clientKeys: [1, 2].map(() => ({ id: 'KAAP.a', password: 'p' })) }] },
      'two client keys',
    ],
    ['a parameter without a value', { parameters: [{ name: 'a', value: '' }] }, 'parameters[0].value'],
  ])('is refused for %s, with the path', (_what, seed, message) => {
    expect(() => parseSeed(seed)).toThrow(
      expect.objectContaining({ code: 'InvalidSpec', message: expect.stringContaining(message) }),
    )
  })

  it('is rejected if the file does not exist', async () => {
    await expect(loadSeed(join(directory, 'none.yaml'))).rejects.toThrow(/none\.yaml: cannot be read \(ENOENT\)/)
  })

  it('is rejected if it is not YAML, without showing a value', async () => {
    const error: unknown = await load('secrets: [{name: a, data: "hunter2').catch((reason: unknown) => reason)
    expect(String(error)).toMatch(/is not YAML \(line 1/)
    expect(String(error)).not.toContain('hunter2')
  })

  it('is rejected if it has more than one document', async () => {
    await expect(load('secrets: []\n---\nsecrets: []\n')).rejects.toThrow(/has more than one YAML document \(line \d/)
  })
})
