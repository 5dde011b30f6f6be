import path from 'node:path'
import { expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { KEY_ENV, useKms } from '../testing/kms.ts'
import { run } from '../testing/run.ts'

const kms = useKms()

const PATH = process.env['PATH'] ?? ''
const OWN = { LANG: 'C', PATH, EMPTY: '' }
const CREDENTIALS = {
  ALIBABA_CLOUD_SECURITY_TOKEN: 'token',
  ACCESS_KEY_ID: KEY_ENV.ALIBABA_CLOUD_ACCESS_KEY_ID,
  SECRET_ACCESS_KEY: 'secret',
  ALIBABA_CLOUD_CREDENTIALS_URI: 'http://127.0.0.1:1/',
  ALIBABA_CLOUD_PROFILE: 'dev',
  ALICLOUD_ROLE_SESSION_NAME: 'shop',
}
const SETTINGS = { ACKSM_REGION: 'cn-hangzhou', ACKSM_CLIENT_KEY_PASSWORD: 'password.txt' }
/** Not secret, and of use for programs. */
const PLACE = { ALIBABA_CLOUD_REGION_ID: 'cn-hangzhou' }

const GET = ['--get', 'VALUE=app/db#user']

/** The variables of a program. */
async function variablesOf(flags: readonly string[], env: Readonly<Record<string, string>>): Promise<unknown> {
  const print = [process.execPath, '-e', 'console.log(JSON.stringify(process.env))']
  const ran = await run(['exec', ...kms.flags, ...flags, '--', ...print], {
    env: { HOME: '/h', ...env, ALIBABA_CLOUD_ECS_METADATA_DISABLED: '' },
    mayShow: true,
  })
  expect([ran.code, ran.err]).toEqual([0, ''])
  return JSON.parse(ran.out)
}

const REST = { HOME: '/h', ALIBABA_CLOUD_ECS_METADATA_DISABLED: '', ...OWN, ...PLACE, VALUE: 'tom' }

it.each<[what: string, flags: string[], expected: object]>([
  ['only what is not for acksm', [], REST],
  ['also credentials, with --keep-credentials', ['--keep-credentials'], { ...REST, ...KEY_ENV }],
  ['only values of secrets, with --pristine', ['--pristine'], { VALUE: 'tom' }],
  [
    'a credential that is the value of a secret',
    ['--get', 'ALIBABA_CLOUD_ACCESS_KEY_ID=app/db#user'],
    { ...REST, ALIBABA_CLOUD_ACCESS_KEY_ID: 'tom' },
  ],
])('gives the program %s', async (_what, flags, expected) => {
  const env = { ...OWN, ...PLACE, ...SETTINGS, ...KEY_ENV }
  expect(await variablesOf([...GET, ...flags], env)).toEqual(expected)
})

it('keeps the name of the directory with --pristine --files', async () => {
  const cwd = await folderWith({})
  const argv = ['exec', ...kms.flags, ...GET, '--pristine', '--files', 'run', '--', 'env']
  const { out } = await run(argv, { cwd, env: { ...KEY_ENV, PATH } })
  expect(out).toBe(`ACKSM_FILES_DIR=${path.join(cwd, 'run/default/get')}\n`)
})

it('finds the program of --pristine in the PATH of the user', async () => {
  const cwd = await folderWith({ 'bin/tool': '#!/bin/sh\necho "tool $0 $PATH $VALUE"\n', 'other/tool': 'no program' })
  const env = { ...KEY_ENV, PATH: `${cwd}/none:${cwd}/other::${cwd}/bin:${PATH}` }
  const { chmod } = await import('node:fs/promises')
  await chmod(path.join(cwd, 'bin/tool'), 0o755)
  const argv = (program: string): string[] => ['exec', ...kms.flags, ...GET, '--pristine', '--', program]
  expect(await run(argv('tool'), { cwd, env })).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^tool .* tom\n$/),
  })
  expect(await run(argv('./bin/tool'), { cwd, env })).toMatchObject({ code: 0 })
  expect(await run(argv('no-tool'), { cwd, env })).toMatchObject({
    code: 127,
    err: 'acksm: no-tool: no such program\n',
  })
})

it.each(Object.entries(CREDENTIALS))('does not give it %s', async (name, value) => {
  const { removedVariables } = await import('./program-environment.ts')
  expect(removedVariables({ [name]: value, ...PLACE })).toEqual([name])
})
