import dns from 'node:dns'
import { expect, it, onTestFinished, vi } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { manualTime, passTime } from '../testing/manual-time.ts'
import { KEY, KEY_ENV, useKms } from '../testing/kms.ts'
import { entry, externalSecretYaml, storeYaml } from '../testing/manifests.ts'
import { CANARY, run } from '../testing/run.ts'

const kms = useKms()

const AK = { mode: 'AK', access_key_id: KEY.id, access_key_secret: KEY.secret }
const OTHER = { mode: 'AK', access_key_id: 'LTAI5tOther', access_key_secret: `${CANARY}-other` }

/** A home directory with profiles of the `aliyun` CLI. */
async function homeWith(current = 'default'): Promise<string> {
  const profiles = [
    { name: 'default', ...AK, region_id: 'cn-beijing' },
    { name: 'dev', ...AK, region_id: 'cn-shanghai' },
    { name: 'broken', mode: 'AK', access_key_id: KEY.id },
    { name: 'empty', mode: '' },
  ]
  return folderWith({
    '.aliyun/config.json': JSON.stringify({ current, profiles }),
    '.alibabacloud/credentials': `[shared]\ntype = access_key\naccess_key_id = ${KEY.id}\naccess_key_secret = ${KEY.secret}\n`,
  })
}

const ofProfile = (name: string, file = '~/.aliyun/config.json'): string =>
  `acksm: using profile ${name} of ${file} (AccessKey ${KEY.id}), region `
const OTHER_ENV = {
  ALIBABA_CLOUD_ACCESS_KEY_ID: OTHER.access_key_id,
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: OTHER.access_key_secret,
}

it.each<[rule: string, argv: string[], env: Record<string, string>, stderr: string]>([
  ['the current profile without flags', [], {}, `${ofProfile('default')}cn-beijing`],
  ['a profile', ['--profile', 'dev'], {}, `${ofProfile('dev')}cn-shanghai`],
  [
    'a profile of the shared file',
    ['--profile', 'shared'],
    {},
    `${ofProfile('shared', '~/.alibabacloud/credentials')}cn-hangzhou`,
  ],
  ['the profile of a variable', [], { ACKSM_PROFILE: 'dev' }, `${ofProfile('dev')}cn-shanghai`],
  ['the profile of Alibaba Cloud’s variable', [], { ALIBABA_CLOUD_PROFILE: 'dev' }, `${ofProfile('dev')}cn-shanghai`],
  ['the current profile', ['--auth', 'profile'], OTHER_ENV, `${ofProfile('default')}cn-beijing`],
  ['a profile rather than variables', ['--profile', 'dev'], OTHER_ENV, `${ofProfile('dev')}cn-shanghai`],
  ['the default chain', ['--auth', 'default'], {}, `${ofProfile('default')}cn-beijing`],
  ['variables before the chain', [], KEY_ENV, ''],
  [
    'variables of the chain',
    ['--auth', 'default'],
    KEY_ENV,
    `acksm: using environment (AccessKey ${KEY.id}), region cn-hangzhou`,
  ],
  ['a region of the command line', ['--region', 'cn-qingdao'], {}, `${ofProfile('default')}cn-qingdao`],
  ['a region of a variable', [], { ALIBABA_CLOUD_REGION_ID: 'cn-wuhan' }, `${ofProfile('default')}cn-wuhan`],
  [
    'the region of our variable first',
    [],
    { ALIBABA_CLOUD_REGION_ID: 'cn-wuhan', ACKSM_REGION: 'cn-heyuan' },
    `${ofProfile('default')}cn-heyuan`,
  ],
  ['the typed method rather than a variable', ['--auth', 'access-key'], { ...KEY_ENV, ACKSM_PROFILE: 'dev' }, ''],
  [
    'the typed profile rather than a variable',
    ['--profile', 'dev'],
    { ...OTHER_ENV, ACKSM_AUTH: 'access-key' },
    `${ofProfile('dev')}cn-shanghai`,
  ],
  ['no message when it is not wanted', ['--profile', 'dev', '--log-level', 'error'], {}, ''],
])('get uses %s', async (_rule, argv, env, stderr) => {
  const home = await homeWith()
  const options = { env: { HOME: home, ...env }, mayShow: true }
  const { code, out, err } = await run(['get', 'app/token', ...kms.flags, ...argv], options)
  expect([code, err, out]).toEqual([0, stderr === '' ? '' : `${stderr}\n`, `${CANARY}-token\nsecond line`])
})

it('says it on stderr only, and once for all reads', async () => {
  const home = await homeWith()
  const data = [
    { key: 'a', name: 'app/token' },
    { key: 'b', name: 'app/db' },
  ]
  const cwd = await folderWith({
    'in.yaml': externalSecretYaml('web', { data: data.map(({ key, name }) => ({ key: name, name: key })) }),
  })
  const { code, out, err } = await run(['sync', '-f', 'in.yaml', '--out', 'out', '-o', 'json', ...kms.flags], {
    cwd,
    env: { HOME: home },
  })
  expect([code, err]).toEqual([0, `${ofProfile('default')}cn-beijing\n`])
  expect(JSON.parse(out)).toMatchObject({ resources: [{ ready: true, keys: ['a', 'b'] }] })
})

it('reads no file of the machine if each store has an identity', async () => {
  const home = await folderWith({ '.aliyun/config.json': `{"current": "${CANARY}` })
  const cwd = await folderWith({
    'in.yaml': `${storeYaml()}---\n${externalSecretYaml('web', { data: [entry('app/db', 'db')] })}`,
  })
  const argv = ['sync', '-f', 'in.yaml', '--out', 'out', ...kms.flags]
  expect(await run(argv, { cwd, env: { HOME: home } })).toMatchObject({ code: 0, err: '' })
  expect((await run([...argv, '--profile', 'dev'], { cwd, env: { HOME: home } })).err).toBe(
    'acksm: warning: ~/.aliyun/config.json: is not JSON; not needed, so it is not used\n',
  )
})

it.each<[argv: string[], current: string, message: string | RegExp]>([
  [
    ['--profile', 'unknown'],
    'default',
    /^acksm: there is no profile unknown in ~\/\.aliyun\/config\.json \(profiles: default, dev, broken, empty\) or in .*\n$/,
  ],
  [['--profile', 'broken'], 'default', /^acksm: profile broken of ~\/\.aliyun\/config\.json: access_key_secret .*\n$/],
  [[], 'broken', /^acksm: profile broken of ~\/\.aliyun\/config\.json: access_key_secret .*\n$/],
  [
    [],
    'empty',
    /^acksm: no Alibaba Cloud identity is configured: .*profile empty of ~\/\.aliyun\/config\.json is empty.*\n$/,
  ],
])('get %j with current profile %s fails before it reads', async (argv, current, message) => {
  const home = await homeWith(current)
  const { code, out, err } = await run(['get', 'app/db', ...kms.flags, ...argv], { env: { HOME: home } })
  expect([code, out, err]).toEqual([2, '', expect.stringMatching(message)])
})

/** Hosts whose address is looked up; none of them has one. */
function lookedUp(): string[] {
  const hosts: string[] = []
  const spy = vi.spyOn(dns, 'lookup').mockImplementation((host: string, ...rest: unknown[]) => {
    hosts.push(host)
    const callback = rest.at(-1) as (error: Error) => void
    process.nextTick(callback, Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }))
  })
  onTestFinished(() => spy.mockRestore())
  return hosts
}

const ROLE_ENV = { ...KEY_ENV, ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::1234567890123456:role/shop' }

const UNKNOWN = 'check the endpoint and region'

it.each<[argv: string[], host: string, advice: string, env: Record<string, string>]>([
  [['get', 'a'], 'kms.cn-hangzhou.aliyuncs.com', UNKNOWN, KEY_ENV],
  [
    ['get', 'a', '--network', 'vpc'],
    'kms-vpc.cn-hangzhou.aliyuncs.com',
    'outside a VPC use kms.cn-hangzhou.aliyuncs.com',
    KEY_ENV,
  ],
  [
    ['get', 'a'],
    'kms-vpc.cn-beijing.aliyuncs.com',
    'outside a VPC use kms.cn-beijing.aliyuncs.com',
    { ...KEY_ENV, ACKSM_NETWORK: 'vpc', ACKSM_REGION: 'cn-beijing' },
  ],
  [['get', 'a', '--provider', 'oos'], 'oos.cn-hangzhou.aliyuncs.com', UNKNOWN, KEY_ENV],
  [
    ['get', 'a', '--provider', 'oos', '--network', 'vpc'],
    'oos-vpc.cn-hangzhou.aliyuncs.com',
    'outside a VPC use oos.cn-hangzhou.aliyuncs.com',
    KEY_ENV,
  ],
  [['get', 'a'], 'sts.cn-hangzhou.aliyuncs.com', UNKNOWN, ROLE_ENV],
  [
    ['get', 'a', '--network', 'vpc'],
    'sts-vpc.cn-hangzhou.aliyuncs.com',
    'outside a VPC use sts.cn-hangzhou.aliyuncs.com',
    ROLE_ENV,
  ],
  [['render', '-f', 'in.yaml', '--region', 'cn-beijing'], 'kms.cn-shenzhen.aliyuncs.com', UNKNOWN, {}],
  [
    ['render', '-f', 'in.yaml', '--network', 'vpc'],
    'kms-vpc.cn-shenzhen.aliyuncs.com',
    'outside a VPC use kms.cn-shenzhen.aliyuncs.com',
    {},
  ],
])('acksm %j asks %s', async (argv, host, advice, env) => {
  const store = storeYaml().replace('cn-hangzhou', 'cn-shenzhen')
  const cwd = await folderWith({
    'in.yaml': `${store}---\n${externalSecretYaml('web', { data: [entry('app/db', 'db')] })}`,
  })
  const hosts = lookedUp()
  const clock = manualTime()
  const ran = run([...argv, '--timeout', '1s'], { env, cwd })
  // Before the first look-up, no time passes: a busy machine loads the modules of a command for seconds.
  await vi.waitFor(() => expect(hosts).not.toEqual([]), { timeout: 60_000, interval: 5 })
  const { code, err } = await passTime(clock, ran)
  expect([code, [...new Set(hosts)]]).toEqual([1, [host]])
  expect(err).toContain(host)
  expect(err).toContain(`its name does not resolve: ${advice} (ENOTFOUND)`)
})
