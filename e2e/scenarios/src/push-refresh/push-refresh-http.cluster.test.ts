import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { EventBridge, post } from '@ack-secret-manager/test-support/event-bridge'
import { type OperatorProcess, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

const ACCOUNT = '1234567890123456'
const URL_OF_TARGET = 'https://hooks.example.com/hints'
const TOKEN = canary('token-of-eventbridge')
const NEW_TOKEN = canary('new-token-of-eventbridge')

describeCluster('push refresh over HTTP', () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let bridge: EventBridge
  let folder: string

  beforeAll(async () => {
    env = await TestEnvironment.start({
      controlPlane: cluster,
      seed: { secrets: { 'app/db': canary('first'), 'app/other': canary('other') } },
    })
    bridge = env.use(await EventBridge.start(await issueServerCertificate(['127.0.0.1'])))
    folder = env.use(await mkdtempDisposable(path.join(tmpdir(), 'hint-target-'))).path
    await writeFile(path.join(folder, 'token'), `${TOKEN}\n`)
    const ca = await readFile(env.simulator.caFile, 'utf8')
    await writeFile(path.join(folder, 'ca.pem'), `${ca}\n${bridge.certificate.rootPem}`)
    await env.externalSecret('web', { password: 'app/db' })
  })
  afterAll(() => env[Symbol.asyncDispose]())

  const start = (): Promise<OperatorProcess> =>
    env.replica({
      args: [
        '--polling-interval=2h',
        '--hint-http-bind-address=127.0.0.1:0',
        `--hint-http-url=${URL_OF_TARGET}`,
        `--hint-http-token-file=${path.join(folder, 'token')}`,
        `--hint-http-account=${ACCOUNT}`,
        `--hint-http-certificate-endpoint=${bridge.endpoint}`,
      ],
      env: { NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem') },
    })
  const portOf = (operator: OperatorProcess): Promise<number> =>
    operator.program.line((line) => {
      const [, port] = /"hintPort":(\d+)/.exec(line) ?? []
      return port === undefined ? undefined : Number(port)
    })
  const send = (port: number, secretName: string, token = TOKEN): Promise<number> => {
    const data = { eventName: 'PutSecretValue', requestParameters: { SecretName: secretName } }
    const body = JSON.stringify({ source: 'acs.kms', type: 'kms:ActionTrail:ApiCall', aliyunaccountid: ACCOUNT, data })
    return post(port, body, bridge.headers(body, { url: URL_OF_TARGET, token }))
  }

  it('writes a changed secret at once on the leader, and loses no hint that a standby receives', async () => {
    const leader = await start()
    await leader.leading()
    await env.untilSecret('web', { password: canary('first') })
    const standby = await start()
    const [port, other] = [await portOf(leader), await portOf(standby)]
    await env.simulator.put('app/db', canary('second'))
    // EventBridge repeats the request.
    expect(await send(other, 'app/db')).toBe(503)
    await until('the leader receives', async () => (await send(port, 'app/db')) === 200)
    await env.untilSecret('web', { password: canary('second') })
    expect([await send(port, 'app/other'), await send(port, 'app/db', 'forged-token-of-16')]).toEqual([200, 401])
    // A hint is looked up after its response.
    await vi.waitFor(async () => {
      const page = await leader.metrics()
      expect(page).toMatch(/^acksm_hint_requests_total\{result="unauthorized"\} 1$/m)
      expect(page).toMatch(/^acksm_hints_total\{result="unknown"\} 1$/m)
      expect(page).toMatch(/^acksm_hint_queue_live\{queue="http"\} 1$/m)
    }, 60_000)
    const reads = (await env.simulator.calls()).calls.filter(({ action }) => action === 'GetSecretValue')
    expect(reads.map(({ secret }) => secret)).not.toContain('app/other')
    for (const operator of [leader, standby]) {
      expect(operator.program.lines.join('\n')).not.toContain(TOKEN)
      expect(await operator.stop()).toBe(0)
    }
  })

  it('polls without a token, reports it, and receives once the file has one', async () => {
    await writeFile(path.join(folder, 'token'), 'short')
    await env.externalSecret('later', { password: 'app/other' })
    const operator = await start()
    await operator.leading()
    await env.untilSecret('later', { password: canary('other') })
    await operator.program.line(
      (line) => line.includes('No hints, polling continues: --hint-http-token-file: expected one or two') || undefined,
    )
    const isLive = async (): Promise<string | undefined> =>
      /^acksm_hint_queue_live\{queue="http"\} (\d)$/m.exec(await operator.metrics())?.[1]
    const port = await portOf(operator)
    expect([await isLive(), await send(port, 'app/other')]).toEqual(['0', 503])
    await writeFile(path.join(folder, 'token'), `${TOKEN}\n${NEW_TOKEN}\n`)
    await env.simulator.put('app/other', canary('changed'))
    await until('the leader receives', async () => (await send(port, 'app/other', NEW_TOKEN)) === 200)
    await env.untilSecret('later', { password: canary('changed') })
    await until('the target is live', async () => (await isLive()) === '1')
    expect(await send(port, 'app/db')).toBe(200)
  })
})
