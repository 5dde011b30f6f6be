import { issueServerCertificate, type ServerCertificate } from '@ack-secret-manager/kms-simulator'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { KEY, KEY_ENV } from '../testing/kms.ts'
import { run } from '../testing/run.ts'

const DAY_MS = 86_400_000

let server: Server
let connections = 0

afterEach(() => server.close())

/** The endpoint of a server with this certificate. */
async function listen({ keyPem, chainPem }: ServerCertificate): Promise<string> {
  connections = 0
  server = createServer({ key: keyPem, cert: chainPem }).on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

function trusted(certificate: ServerCertificate): ServerCertificate {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificate.rootPem])
  return certificate
}

const MANIFEST = {
  apiVersion: 'alibabacloud.com/v1alpha1',
  kind: 'ExternalSecret',
  metadata: { name: 'web' },
  spec: { data: [{ key: 'app/db', name: 'db' }] },
}

/** Calls with an AccessKey, and with a role that STS gives. */
const ALL: [argv: string[], stdin?: string][] = [
  [['get', 'app/db']],
  [['render', '-f', 'in.yaml']],
  [['list']],
  [['put', 'app/db', '--yes'], 'value'],
  [['exec', '--get', 'VALUE=app/db', '--', 'true']],
  [['get', 'app/db', '--profile', 'p']],
  [['render', '-f', 'in.yaml', '--profile', 'p']],
]

describe.each<[what: string, issue: () => Promise<ServerCertificate>, message: string]>([
  ['is not trusted', () => issueServerCertificate(['127.0.0.1']), 'its certificate is not trusted'],
  [
    'is for another host',
    async () => trusted(await issueServerCertificate(['kms.example'])),
    'its certificate is for another name',
  ],
  [
    'has expired',
    async () => trusted(await issueServerCertificate(['127.0.0.1'], { expires: new Date(Date.now() - DAY_MS / 2) })),
    'its certificate has expired',
  ],
])('fails at once if the certificate %s', (what, issue, message) => {
  const certificate = useFixture(() => issue())

  it.each<[argv: string[], stdin?: string]>(what === 'is not trusted' ? ALL : ALL.slice(0, 2))(
    '%j',
    async (argv, stdin) => {
      const endpoint = await listen(certificate)
      const key = { access_key_id: KEY.id, access_key_secret: KEY.secret }
      const role = { ram_role_arn: 'acs:ram::1234567890123456:role/shop', ram_session_name: 'laptop' }
      const profiles = [{ name: 'p', mode: 'RamRoleArn', ...key, ...role }]
      const cwd = await folderWith({ '.aliyun/config.json': JSON.stringify({ current: 'p', profiles }) })
      await writeFile(path.join(cwd, 'in.yaml'), JSON.stringify(MANIFEST))
      const env = { HOME: cwd, ...(argv.includes('--profile') ? {} : KEY_ENV) }
      const flags = ['--endpoint', endpoint, '--sts-endpoint', endpoint, '--timeout', '60s']
      const at = argv.includes('--') ? argv.indexOf('--') : argv.length
      const options = { cwd, env, ...(stdin === undefined ? {} : { stdin }) }
      const { code, err } = await run(argv.toSpliced(at, 0, ...flags), options)
      expect([code, err]).toEqual([1, expect.stringContaining(message)])
      expect(connections).toBe(1)
    },
  )
})
