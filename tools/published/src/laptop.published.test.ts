import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { issueServerCertificate, startSimulator } from '@ack-secret-manager/kms-simulator'
import { startConnectProxy } from '@ack-secret-manager/test-support/connect-proxy'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { expect, it } from 'vitest'
import { pack } from './pack.ts'
import { run, workspaces } from './workspaces.ts'

const KMS = 'kms.cn-beijing.aliyuncs.com'
const STS = 'sts.aliyuncs.com'
const KEY = { id: 'LTAI5tLaptop', secret: 'laptop-only-not-a-real-secret' }
const PROXY = { user: 'me', password: 'proxy-only-not-a-real-secret' }

const directory = directoryOfTests()

it(
  'the packed acksm reads with a profile, from the public endpoint, through a proxy',
  { timeout: 300_000 },
  async () => {
    const workspace = workspaces().find(({ name }) => name === '@ack-secret-manager/cli')
    if (workspace === undefined) throw new Error('there is no cli')
    await run('tar', ['-xzf', await pack(workspace, directory), '--strip-components=1'], directory)
    const allow = [{ actions: ['*'], resources: ['*'] }]
    await using simulator = await startSimulator({
      certificate: await issueServerCertificate([KMS, STS]),
      seed: {
        accessKeys: [{ ...KEY, allow }],
        roles: [{ name: 'shop', trust: { accessKeys: [KEY.id] }, allow }],
        secrets: [{ name: 'app/db', versions: [{ id: 'v1', data: 'value' }] }],
      },
    })
    const routes = { [`${KMS}:443`]: new URL(simulator.kms).host, [`${STS}:443`]: new URL(simulator.sts ?? '').host }
    await using proxy = await startConnectProxy({ credentials: PROXY, routes })
    const key = { access_key_id: KEY.id, access_key_secret: KEY.secret, region_id: 'cn-beijing' }
    const role = { ram_role_arn: 'acs:ram::1234567890123456:role/shop', ram_session_name: 'laptop' }
    const profiles = [
      { name: 'dev', mode: 'AK', ...key },
      { name: 'shop', mode: 'RamRoleArn', ...key, ...role },
    ]
    await mkdir(path.join(directory, '.aliyun'))
    await writeFile(path.join(directory, '.aliyun/config.json'), JSON.stringify({ current: 'dev', profiles }), {
      mode: 0o600,
    })
    const get = async (...flags: string[]): Promise<object> => {
      const child = spawn(process.execPath, [path.join(directory, 'bin/acksm.mjs'), 'get', 'app/db', ...flags], {
        env: {
          HOME: directory,
          NODE_EXTRA_CA_CERTS: simulator.caFile,
          HTTPS_PROXY: `http://${PROXY.user}:${PROXY.password}@${proxy.endpoint}`,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
      return { code, out, err }
    }
    const used = (what: string): string => `acksm: using profile ${what}, region cn-beijing\n`
    const file = '~/.aliyun/config.json'
    expect(await get()).toEqual({ code: 0, out: 'value', err: used(`dev of ${file} (AccessKey ${KEY.id})`) })
    expect(await get('--profile', 'shop')).toEqual({
      code: 0,
      out: 'value',
      err: used(`shop of ${file} (role ${role.ram_role_arn} assumed by AccessKey ${KEY.id})`),
    })
    expect(proxy.seen).toEqual([`${KMS}:443 200`, `${STS}:443 200`, `${KMS}:443 200`])
  },
)
